//! scratch
use arrcoc_datasets::{Family, Seed};
use arrcoc_picture::{Image, Limits, read, distortion};
use arrcoc_stats::*;
fn main() {
    let mut g: Vec<(String, Vec<Image>)> = vec![];
    for f in Family::ALL { g.push((f.name().into(), (0..16).map(|i| f.draw(Seed::tuning(i)).unwrap()).collect())); }
    for p in std::env::args().skip(1) { g.push((p.rsplit('/').next().unwrap().into(), vec![read(p.as_ref(), &Limits::default()).unwrap().0])); }
    for (n, ims) in g {
        let (mut smooth, mut ratio_s, mut ratio_e, mut tot) = (vec![], vec![], vec![], 0);
        for im in &ims { let t = Tiling::new(Grid::default(), im.width(), im.height()).unwrap(); let s = scan_threads(&im.pixels(), &t, EDGE_THRESHOLD, 1);
            let p = propositional(&s);
            for i in 0..576 { tot+=1; let var={let sd=f64::from(p[1].1[i])*127.5; sd*sd*s.patch(i).count() as f64}; let d=distortion(im,&t,i,100) as f64/var.max(1.0);
              if p[2].1[i] < 0.03 { smooth.push(f64::from(p[1].1[i])); ratio_s.push(d);} else {ratio_e.push(d);} } }
        let q=|v:&mut Vec<f64>| { v.sort_by(f64::total_cmp); [0.1,0.5,0.9].map(|q| format!("{:.4}", v.get((q*(v.len() as f64-1.0)) as usize).copied().unwrap_or(-1.0))).join(" ") };
        let share=smooth.len() as f64/tot as f64;
        println!("{n:<24} share without edges {share:.2}  their deviation {}  lost share there {}  lost share with edges {}", q(&mut smooth), q(&mut ratio_s), q(&mut ratio_e));
    }
}
