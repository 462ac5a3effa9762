// Patch statistics of the tiles of a block, in 32-bit integers.
//
// A thread block adds one tile. Its threads share the tile's groups of four columns
// and, where there are fewer groups than threads, strips of rows. A thread goes down
// its strip with three rows of luma at hand: four columns, and one more on each side
// for the gradients. Pixels are three bytes, so a group is three words.
//
// Lumas are counted in shared memory, in eight tables side by side, so that neighbours
// which see the same luma do not wait for one counter; and a thread that sees the same
// luma again and again counts it itself.

typedef unsigned int u32;

const u32 THREADS = 256;
const u32 PARTIALS = 263;
const u32 TABLES = 8;
const u32 SUMS = 7;

// Four pixels of a row, their lumas, and the luma before and behind them.
struct Line {
    u32 rgb[4];
    int luma[6];
};

// (77 R + 150 G + 29 B + 128) >> 8 of a pixel in the low three bytes.
__device__ int luma(u32 rgb) {
    const u32 weights = 0x001d964d;
    return static_cast<int>(__dp4a(rgb, weights, 128u) >> 8);
}

__device__ Line line(const u32 *__restrict__ pixels, u32 words, u32 width, u32 y, u32 group) {
    // A block may have more words than 32 bits count.
    const u32 *at = pixels + static_cast<unsigned long long>(y) * words + 3 * group;
    const u32 a = at[0], b = at[1], c = at[2];
    Line it;
    it.rgb[0] = a;
    it.rgb[1] = __funnelshift_r(a, b, 24);
    it.rgb[2] = __funnelshift_r(b, c, 16);
    it.rgb[3] = c >> 8;
    for (int i = 0; i < 4; i++) it.luma[i + 1] = luma(it.rgb[i]);
    // Outside of the image the nearest pixel counts.
    it.luma[0] = group > 0 ? luma(at[-1] >> 8) : it.luma[1];
    const u32 left = width - 4 * group;
    if (left > 4) {
        it.luma[5] = luma(at[3]);
    } else {
        if (left < 2) it.luma[2] = it.luma[1];
        if (left < 3) it.luma[3] = it.luma[2];
        if (left < 4) it.luma[4] = it.luma[3];
        it.luma[5] = it.luma[4];
    }
    return it;
}

// pixels: RGB, row by row, `words` words from one row to the next, each row at a whole
// group. tiles: x, y, width and height of every tile. partials: for every tile 256
// counters, sums of R, G and B, edges, Jxx, Jyy, Jxy.
extern "C" __global__ void __launch_bounds__(256)
patch_stats(const u32 *__restrict__ pixels, const uint4 *__restrict__ tiles, u32 *__restrict__ partials,
            u32 width, u32 height, u32 words, int threshold) {
    __shared__ u32 counters[256 * TABLES];
    __shared__ int sums[SUMS];
    const u32 thread = threadIdx.x;
    for (u32 i = 0; i < TABLES; i++) counters[i * THREADS + thread] = 0;
    if (thread < SUMS) sums[thread] = 0;
    __syncthreads();

    const uint4 tile = tiles[blockIdx.x];
    const u32 first = tile.x / 4;
    const u32 groups = (tile.x + tile.z - 1) / 4 - first + 1;
    const u32 strips = max(1u, min(THREADS / groups, tile.w));
    const u32 rows = (tile.w + strips - 1) / strips;
    u32 *table = counters + thread % TABLES;

    int own[SUMS] = {0, 0, 0, 0, 0, 0, 0};
    int seen = 0;
    u32 times = 0;
    for (u32 item = thread; item < groups * strips; item += THREADS) {
        const u32 group = first + item % groups;
        const u32 top = tile.y + item / groups * rows;
        const u32 end = min(top + rows, tile.y + tile.w);
        if (top >= end) continue;
        // The columns of the tile, as opposed to those beside it.
        bool inside[4];
        for (u32 i = 0; i < 4; i++) {
            const u32 x = 4 * group + i;
            inside[i] = x >= tile.x && x < tile.x + tile.z;
        }
        Line above = line(pixels, words, width, max(top, 1u) - 1, group);
        Line here = line(pixels, words, width, top, group);
        for (u32 y = top; y < end; y++) {
            const Line below = line(pixels, words, width, min(y + 1, height - 1), group);
            int sum[6], step[6];
            for (int i = 0; i < 6; i++) {
                sum[i] = above.luma[i] + 2 * here.luma[i] + below.luma[i];
                step[i] = below.luma[i] - above.luma[i];
            }
            for (int i = 0; i < 4; i++) {
                if (!inside[i]) continue;
                const u32 rgb = here.rgb[i];
                own[0] += rgb & 0xff;
                own[1] += rgb >> 8 & 0xff;
                own[2] += rgb >> 16 & 0xff;
                const int gx = sum[i + 2] - sum[i];
                const int gy = step[i] + 2 * step[i + 1] + step[i + 2];
                own[3] += abs(gx) + abs(gy) >= threshold;
                // Truncates towards zero.
                const int qx = gx / 4, qy = gy / 4;
                own[4] += qx * qx;
                own[5] += qy * qy;
                own[6] += qx * qy;
                const int value = here.luma[i + 1];
                if (value == seen) {
                    times++;
                } else {
                    if (times) atomicAdd(table + seen * TABLES, times);
                    seen = value;
                    times = 1;
                }
            }
            above = here;
            here = below;
        }
    }
    if (times) atomicAdd(table + seen * TABLES, times);
    for (u32 i = 0; i < SUMS; i++) {
        const int warp = __reduce_add_sync(0xffffffffu, own[i]);
        if (thread % 32 == 0) atomicAdd(sums + i, warp);
    }
    __syncthreads();

    u32 *out = partials + static_cast<unsigned long long>(blockIdx.x) * PARTIALS;
    u32 counted = 0;
    for (u32 i = 0; i < TABLES; i++) counted += counters[thread * TABLES + i];
    out[thread] = counted;
    if (thread < SUMS) out[256 + thread] = static_cast<u32>(sums[thread]);
}
