// Patch statistics of the tiles of a block, in 32-bit integers.
//
// A workgroup adds one tile. Its threads share the tile's groups of four columns and,
// where there are fewer groups than threads, strips of rows. A thread goes down its
// strip with three rows of luma at hand: four columns, and one more on each side for
// the gradients. Pixels are three bytes, so a group is three words.
//
// Lumas are counted in the workgroup's memory, in eight tables side by side, so that
// neighbours which see the same luma do not wait for one counter; and a thread that
// sees the same luma again and again counts it itself.

struct Job {
    // Pixels of the block.
    width: u32,
    height: u32,
    // Words from one row to the next.
    words: u32,
    // The least |gx| + |gy| of an edge.
    threshold: i32,
}

@group(0) @binding(0) var<uniform> job: Job;
// RGB, row by row; each row begins at a whole group.
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
// x, y, width and height of every tile.
@group(0) @binding(2) var<storage, read> tiles: array<vec4<u32>>;
// For every tile: 256 counters, sums of R, G and B, edges, Jxx, Jyy, Jxy.
@group(0) @binding(3) var<storage, read_write> partials: array<u32>;

const THREADS = 256u;
const PARTIALS = 263u;
const TABLES = 8u;
const SUMS = 7u;
// Copies of the sums, for the same reason.
const LANES = 32u;

var<workgroup> counters: array<atomic<u32>, 2048>;
var<workgroup> sums: array<atomic<i32>, 224>;

// Four pixels of a row and their lumas, with the luma before and behind them.
struct Line {
    rgb: vec4<u32>,
    luma: vec4<i32>,
    before: i32,
    behind: i32,
}

// (77 R + 150 G + 29 B + 128) >> 8 of a pixel in the low three bytes.
fn luma(rgb: u32) -> i32 {
    return i32((dot4U8Packed(rgb, 0x001d964du) + 128u) >> 8u);
}

fn line(y: u32, group: u32) -> Line {
    let at = y * job.words + 3u * group;
    let a = pixels[at];
    let b = pixels[at + 1u];
    let c = pixels[at + 2u];
    var it: Line;
    it.rgb = vec4(a, (a >> 24u) | (b << 8u), (b >> 16u) | (c << 16u), c >> 8u);
    it.luma = vec4(luma(it.rgb.x), luma(it.rgb.y), luma(it.rgb.z), luma(it.rgb.w));
    // Outside of the image the nearest pixel counts.
    it.before = it.luma.x;
    if group > 0u {
        it.before = luma(pixels[at - 1u] >> 8u);
    }
    let left = job.width - 4u * group;
    if left > 4u {
        it.behind = luma(pixels[at + 3u]);
    } else {
        if left < 2u { it.luma.y = it.luma.x; }
        if left < 3u { it.luma.z = it.luma.y; }
        if left < 4u { it.luma.w = it.luma.z; }
        it.behind = it.luma.w;
    }
    return it;
}

fn count(value: i32, pixels: u32, table: u32) {
    if pixels > 0u {
        atomicAdd(&counters[u32(value) * TABLES + table], pixels);
    }
}

@compute @workgroup_size(256)
fn patch_stats(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tile = tiles[workgroup.x];
    let first = tile.x / 4u;
    let groups = (tile.x + tile.z - 1u) / 4u - first + 1u;
    let strips = clamp(THREADS / groups, 1u, tile.w);
    let rows = (tile.w + strips - 1u) / strips;
    let table = thread % TABLES;

    var rgb = vec3<i32>();
    var edges = 0;
    var jxx = 0;
    var jyy = 0;
    var jxy = 0;
    var seen = 0;
    var times = 0u;
    for (var item = thread; item < groups * strips; item += THREADS) {
        let group = first + item % groups;
        let top = tile.y + (item / groups) * rows;
        let end = min(top + rows, tile.y + tile.w);
        if top >= end {
            continue;
        }
        // 1 for the columns of the tile, 0 for those beside it.
        let x = vec4(4u * group) + vec4(0u, 1u, 2u, 3u);
        let inside = vec4<i32>((x >= vec4(tile.x)) & (x < vec4(tile.x + tile.z)));
        var above = line(max(top, 1u) - 1u, group);
        var here = line(top, group);
        for (var y = top; y < end; y++) {
            let below = line(min(y + 1u, job.height - 1u), group);

            rgb.x += dot(vec4<i32>(here.rgb & vec4(0xffu)), inside);
            rgb.y += dot(vec4<i32>((here.rgb >> vec4(8u)) & vec4(0xffu)), inside);
            rgb.z += dot(vec4<i32>((here.rgb >> vec4(16u)) & vec4(0xffu)), inside);

            let sum = above.luma + 2 * here.luma + below.luma;
            let gx = vec4(sum.yzw, above.behind + 2 * here.behind + below.behind)
                - vec4(above.before + 2 * here.before + below.before, sum.xyz);
            let step = below.luma - above.luma;
            let gy = vec4(below.before - above.before, step.xyz) + 2 * step
                + vec4(step.yzw, below.behind - above.behind);
            edges += dot(vec4<i32>(abs(gx) + abs(gy) >= vec4(job.threshold)), inside);
            // Truncates towards zero.
            let qx = gx / 4;
            let qy = gy / 4;
            jxx += dot(qx * qx, inside);
            jyy += dot(qy * qy, inside);
            jxy += dot(qx * qy, inside);

            for (var i = 0u; i < 4u; i++) {
                if inside[i] == 1 {
                    if here.luma[i] == seen {
                        times++;
                    } else {
                        count(seen, times, table);
                        seen = here.luma[i];
                        times = 1u;
                    }
                }
            }
            above = here;
            here = below;
        }
    }
    count(seen, times, table);
    let lane = thread % LANES;
    atomicAdd(&sums[lane], rgb.x);
    atomicAdd(&sums[LANES + lane], rgb.y);
    atomicAdd(&sums[2u * LANES + lane], rgb.z);
    atomicAdd(&sums[3u * LANES + lane], edges);
    atomicAdd(&sums[4u * LANES + lane], jxx);
    atomicAdd(&sums[5u * LANES + lane], jyy);
    atomicAdd(&sums[6u * LANES + lane], jxy);
    workgroupBarrier();

    let out = workgroup.x * PARTIALS;
    var counted = 0u;
    for (var i = 0u; i < TABLES; i++) {
        counted += atomicLoad(&counters[thread * TABLES + i]);
    }
    partials[out + thread] = counted;
    if thread < SUMS {
        var sum = 0;
        for (var i = 0u; i < LANES; i++) {
            sum += atomicLoad(&sums[thread * LANES + i]);
        }
        partials[out + 256u + thread] = bitcast<u32>(sum);
    }
}
