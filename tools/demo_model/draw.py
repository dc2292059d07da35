"""Draws pictures: `draw(seed)` one of them, `Studio` many with several processes, the command line a contact sheet.

    draw.py sheet.png [COUNT [FIRST]]     a contact sheet of training pictures
    draw.py --scene city street.png       one scene, by its kind (for an init image)
"""
import mmap
import multiprocessing
import os
import sys
import time

import numpy as np

from captions import attributes, story
from paint import SIZE, paint
from scene import Layout, look, mix_looks

HELD_OUT = 1 << 40                     # seeds from here on are never trained on


def draw(seed):
    """(picture, caption, other caption, weight, attributes) of a seed; attributes are those of the first idea."""
    a, text_a, b, text_b, weight = story(seed)
    scene = look(a) if weight == 0 else mix_looks(look(a), look(b), weight)
    return paint(scene, Layout(seed)), text_a, text_b, weight, attributes(a)


def shared(shape, dtype):
    return np.frombuffer(mmap.mmap(-1, int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype).reshape(shape)


class Studio:
    """Processes that draw pictures 0, 1, 2 ... into a ring shared with every process forked afterwards.

    Token ids of captions, weights and attributes are kept for all pictures, pixels for the last `ring` not yet released.
    """
    def __init__(self, tokenizer, count, ring, workers, first=0):
        self.count, self.ring, self.workers, self.first = count, min(ring, count), workers, first
        self.tokenizer = tokenizer
        self.pixels = shared((self.ring, SIZE, SIZE, 3), np.uint8)
        self.ids = shared((count, 2, 77), np.int16)
        self.weight = shared((count,), np.float32)
        self.attributes = shared((count, 12), np.uint8)
        self.done = shared((workers,), np.int64)
        self.released = shared((1,), np.int64)
        self.processes = [multiprocessing.get_context("fork").Process(target=self._work, args=(w,), daemon=True) for w in range(workers)]
        for p in self.processes:
            p.start()

    def _work(self, w):
        os.nice(5)
        for i in range(w, self.count, self.workers):
            while i >= self.released[0] + self.ring:
                time.sleep(.02)
            self.pixels[i % self.ring], a, b, self.weight[i], self.attributes[i] = draw(self.first + i)
            self.ids[i] = self.tokenizer(a), self.tokenizer(b)
            self.done[w] += 1

    def ready(self):
        """Pictures 0 .. ready()-1 are drawn."""
        return min(self.count, min(int(d) * self.workers + w for w, d in enumerate(self.done)))

    def release(self, upto):
        self.released[0] = upto


def contact_sheet(pictures, titles, columns):
    import cv2
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * 272, columns * 260, 3), 255, np.uint8)
    for i, (picture, title) in enumerate(zip(pictures, titles)):
        y, x = i // columns * 272, i % columns * 260
        sheet[y:y + SIZE, x:x + SIZE] = picture
        cv2.putText(sheet, title[:62], (x, y + 267), cv2.FONT_HERSHEY_SIMPLEX, .27, (0, 0, 0), 1, cv2.LINE_AA)
    return sheet


def save_png(path, picture):
    import cv2
    cv2.imwrite(path, np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    if sys.argv[1] == "--scene":
        save_png(sys.argv[3], paint(look({"kind": sys.argv[2]}), Layout(HELD_OUT)))
    else:
        count, first = (int(v) for v in (sys.argv[2:] + ["24", "0"])[:2]) if len(sys.argv) > 3 else (int((sys.argv[2:] + ["24"])[0]), 0)
        start = time.time()
        made = [draw(first + i) for i in range(count)]
        print(f"{(time.time() - start) / count * 1e3:.1f} ms a picture")
        save_png(sys.argv[1], contact_sheet([m[0] for m in made], [f"{m[1]} > {m[2]} {m[3]:.2f}" if m[3] else m[1] for m in made], 6))
