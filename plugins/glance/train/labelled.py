"""The pages that the shipped calibration is fitted on, from two folders of `draw_labelled`.

    draw_labelled documents --pages 48 --asks 6
    draw_labelled scenes --kind scenes --pages 48
    python3 labelled.py documents scenes mixed
    arrcoc calibrate --data mixed --scorer glance --out words.json      # `named` and `labelled`
    arrcoc calibrate --data scenes --scorer glance --out colours.json   # `coloured`

A map says what a claim is worth among all that may be asked. So each question of a page of print is asked in its own
words and in none of them, and beside them stand questions to pages without print: 24 of the scenes.
"""

import json
import pathlib
import shutil
import sys

SCENES = 24


def main(documents: str, scenes: str, into: str) -> None:
    folder = pathlib.Path(into)
    folder.mkdir()
    lines = []
    for source, most in ((documents, None), (scenes, SCENES)):
        asked = [json.loads(line) for line in (pathlib.Path(source) / "items.jsonl").read_text().splitlines()]
        images = list(dict.fromkeys(line["image"] for line in asked))[:most]
        for image in images:
            shutil.copy(pathlib.Path(source) / image, folder / image)
        for line in (line for line in asked if line["image"] in images):
            lines.append(line)
            if most is None:
                lines.append({**line, "question": line["paraphrases"][2]})
    (folder / "items.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
