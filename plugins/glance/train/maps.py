"""Fits the maps of glance and of what it is compared with, and writes both calibrations.

    draw_labelled documents --pages 144 --asks 6 --seed 4
    draw_labelled scenes --kind scenes --pages 48
    python3 labelled.py documents scenes mixed
    python3 maps.py ARRCOC mixed scenes

ARRCOC is the program; it finds its plugins beside itself. `named` and `labelled` are fitted on `mixed`, `coloured` on
`scenes`, where the same is seen by all of them.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "crates/arrcoc/calibration/glance.json"
WITHOUT = ROOT / "suites/glance-without.json"
WEIGHTS = ROOT / "plugins/glance/without"
VARIANTS = (
    "synonyms=false", "context=false", "word-weights=false", "bits=8", "bits=6",
    f"weights={WEIGHTS / 'half.safetensors'}", f"weights={WEIGHTS / 'heads.safetensors'}",
)


def fit(arrcoc, data, *params):
    """The maps of one encoder, and how well they fit; what says nothing on these pages is among them too."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "maps.json"
        command = [arrcoc, "calibrate", "--data", data, "--scorer", "glance", "--out", str(out)]
        for param in params:
            command += ["--param", f"glance.{param}"]
        print(" ".join(command), file=sys.stderr)
        # 1: some map was not promoted, which the file says too.
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode not in (0, 1):
            sys.exit(1)
        found = json.loads(out.read_text())
    [(encoder, maps)] = found["encoders"].items()
    return encoder, maps, found["fits"][encoder]


def lines(of):
    """A line for each encoder."""
    return "{\n" + ",\n".join(f"    {json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in of) + "\n  }"


def main(arrcoc, mixed, scenes):
    _, coloured, of_coloured = fit(arrcoc, scenes)

    def both(*params):
        encoder, maps, fits = fit(arrcoc, mixed, *params)
        return (encoder, {**maps, "coloured": coloured["coloured"]}), (encoder, {**fits, "coloured": of_coloured["coloured"]})

    for path, version, all_params in (
        (SHIPPED, "glance-2", [()]),
        (WITHOUT, "glance-without-2", [(variant,) for variant in VARIANTS]),
    ):
        fitted = [both(*params) for params in all_params]
        path.write_text(f"""{{
  "schema": "arrcoc.calibration/1",
  "version": "{version}",
  "made_by": "plugins/glance/train/maps.py",
  "encoders": {lines(maps for maps, _ in fitted)},
  "fits": {lines(fits for _, fits in fitted)}
}}
""")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
