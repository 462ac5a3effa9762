"""The pages that the maps of glance are fitted on (`maps.py`), from two folders of `draw_labelled`.

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
        sys.exit("labelled.py DOCUMENTS SCENES INTO")
    main(*sys.argv[1:])
