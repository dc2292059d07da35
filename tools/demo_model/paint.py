"""Paints a look with a layout: paint(look, layout) -> 256x256x3 RGB bytes. Drawn at twice the size with antialiasing."""
import cv2
import numpy as np

from scene import (CHIMNEY, FRONT_HIGH, FRONT_LOW, GABLE, GLASS, GROUND, ROAD, ROOF, RUIN, SLANT, SMOKE, WALK, WINDOW_H, WINDOW_W,
                   palette)

cv2.setNumThreads(1)
SIZE, SCALE = 256, 2
FULL = SIZE * SCALE
WHITE = np.array((255., 255, 255))
_grid = np.linspace(-1, 1, 128)
GLOW = (np.clip(1 - np.sqrt(_grid[:, None] ** 2 + _grid[None] ** 2), 0, 1) ** 1.6).astype(np.float32)
_cell = np.abs(np.arange(16) - 7.5)


def mix(a, b, t):
    return a + (b - a) * t


def poly(im, points, colour):
    cv2.fillPoly(im, [np.rint(np.asarray(points, float) * (SCALE * 8)).astype(np.int32)], tuple(map(float, colour)), cv2.LINE_AA, 3)


def oval(im, x, y, a, b, colour):
    if a * SCALE >= .3:
        k = SCALE * 8
        cv2.ellipse(im, (round(x * k), round(y * k)), (round(a * k), round(b * k)), 0, 0, 360, tuple(map(float, colour)), -1, cv2.LINE_AA, 3)


def disc(im, x, y, r, colour):
    oval(im, x, y, r, r, colour)


def line(im, x0, y0, x1, y1, colour, w):
    """A line of any width, with round ends: two discs and a four-sided polygon (cv2.line's widths are whole pixels)."""
    d = np.array((y0 - y1, x1 - x0), float)
    d *= w / 2 / max(1e-6, np.hypot(*d))
    poly(im, [(x0 + d[0], y0 + d[1]), (x1 + d[0], y1 + d[1]), (x1 - d[0], y1 - d[1]), (x0 - d[0], y0 - d[1])], colour)
    disc(im, x0, y0, w / 2, colour)
    disc(im, x1, y1, w / 2, colour)


def region(im, x0, y0, x1, y1):
    c = [int(np.clip(v * SCALE, 0, FULL)) for v in (y0, y1, x0, x1)]
    return im[c[0]:c[1], c[2]:c[3]]


def glow(im, x, y, r, colour, alpha):
    if alpha < .01 or r < 1:
        return
    x0, x1, y0, y1 = (int(v * SCALE) for v in (x - r, x + r, y - r, y + r))
    m = cv2.resize(GLOW, (x1 - x0, y1 - y0)) * alpha
    a, b, c, d = max(0, y0), min(FULL, y1), max(0, x0), min(FULL, x1)
    if b > a and d > c:
        v = im[a:b, c:d]
        v[:] = v + (np.asarray(colour, np.float32) - v) * m[a - y0:b - y0, c - x0:d - x0, None]


def faded(im, box, alpha, draw):
    """What draw() paints, at the given opacity."""
    v = region(im, *box)
    if alpha <= .004 or not v.size:
        return
    before = v.copy() if alpha < .996 else None
    draw()
    if before is not None:
        v[:] = cv2.addWeighted(np.ascontiguousarray(v), alpha, before, 1 - alpha, 0)


def gradient(h, stops):
    at = np.linspace(0, 1, h)
    return np.stack([np.interp(at, [s[0] for s in stops], [s[1][c] for s in stops]) for c in range(3)], 1)


def paint(look, layout):
    im = np.empty((FULL, FULL, 3), np.uint8)
    p = Painter(im, look, layout)
    p.heavens(), p.clouds(), p.moon(), p.mountains(), p.far_row()
    for row, depth in ((layout.back, .34), (layout.front, 0)):
        if depth == 0:
            p.smoke()
        x = -16 if depth else -8
        for b in row:
            p.building(b, x, depth)
            x += b.width
    p.ground(), p.water(), p.street_trees(), p.fire(), p.traffic(), p.zombies(), p.park_trees(), p.fog()
    return cv2.resize(im, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


class Painter:
    def __init__(s, im, look, layout):
        s.im, s.a, s.l = im, look, layout
        s.kind = look["kind"]
        s.amount = lambda name: float(look[name][0])
        s.pick = lambda table: float(s.kind @ table)
        s.light = look["light"] * layout.light
        s.lamp = mix(np.ones(3), s.light, .8)               # light on what shines by itself a little
        s.sky = (look["sky"] + layout.tint).clip(0, 255)
        s.haze = s.sky[2]
        s.y = layout.horizon
        s.white = np.array((246, 250, 255.)) * mix(np.ones(3), s.light, .8)

    def heavens(s):
        im, l, stops = s.im, s.l, [(0, s.sky[0]), (.55, s.sky[1]), (1, s.sky[2])]
        h = int(s.y * SCALE) + 4
        column = gradient(h, stops)
        im[:h] = column[:, None]
        im[h:] = 0
        for x, y, b in l.star:
            c = column[int(y * 200)]
            disc(im, 3 + x * 250, 3 + y * 100, 1.1, mix(c, np.array((255, 250, 225.)), s.amount("stars") * (.35 + .65 * b)))
        k = s.amount("setting_sun")
        x, y = 128 + 34 * l.dusk[0], s.y - 62 + 10 * l.dusk[1]
        glow(im, x, y, 84, (255, 220, 140), .7 * k)
        disc(im, x, y, 25 * k, (255, 226, 140))
        k = s.amount("sun")
        x, y = 60 + 14 * l.sun[0], 42 + 8 * l.sun[1]
        glow(im, x, y, 56, (255, 252, 225), .7 * k)
        disc(im, x, y, 17 * k, (255, 240, 170))

    def clouds(s):
        cover = s.amount("cover")
        places = [(40, 30), (128, 24), (214, 32), (84, 52), (176, 54), (8, 60), (250, 66), (56, 82), (150, 84)]
        late = (0, .9, .35, .55, .2, .95, .7, .95, .85)     # the order in which clouds come up
        for (x, y), wait, j in reversed(list(zip(places, late, s.l.clouds))):
            grown = np.clip(2 * cover - wait, 0, 1)
            if grown < .02:
                continue
            w = (62 + 10 * j[0] + 44 * max(0, cover - .55) / .45) * grown
            x, y, h = x + 14 * j[1], y + 7 * j[2] + 6 * cover, w * .30
            top, base = s.a["cloud"]
            shade = 1 + .05 * j[3]
            top, base = (top * shade).clip(0, 255), (base * shade).clip(0, 255)
            puffs = [(x + w * (i - 2) * .21, y - h * (.22 + .42 * np.sin(np.pi * (i + .5) / 5)), h * (.5 + .5 * np.sin(np.pi * (i + .5) / 5)) * (1 + .12 * j[i + 3 if i < 5 else 3]))
                     for i in range(5)]
            oval(s.im, x, y + h * .1, w * .56, h * .42, base)
            for px, py, r in puffs:
                disc(s.im, px, py + h * .14, r, base)
            for px, py, r in puffs:
                disc(s.im, px - h * .05, py - h * .08, r * .86, top)

    def moon(s):
        im, l = s.im, s.l
        k = s.amount("moon")
        x, y, r = 192 + 18 * l.moon[0], 44 + 9 * l.moon[1], (20 + 2 * l.moon[2]) * k
        glow(im, x, y, 64, (200, 212, 255), .5 * k)
        disc(im, x, y, r, (246, 242, 218))
        for dx, dy, q in ((-.3, -.2, .22), (.3, .3, .26), (.25, -.4, .14)):
            disc(im, x + dx * r, y + dy * r, q * r, (222, 216, 190))

    def mountains(s):
        k = s.amount("mountains")
        if k < .02:
            return
        c = mix(np.array((96, 112, 142.)) * mix(np.ones(3), s.light, .6), s.haze, .4)
        for i, (x, h) in enumerate(((10, 104), (150, 118), (246, 100), (70, 84), (206, 86), (112, 70))):
            x, h = x + 12 * s.l.peaks[i, 0], (h + 10 * s.l.peaks[i, 1]) * k
            w, top = h * .85, s.y - h
            poly(s.im, [(x - w, s.y + 2), (x, top), (x + w, s.y + 2)], mix(c, s.haze, .25 * (i < 3)))
            q = .3
            poly(s.im, [(x, top), (x - w * q, top + h * q), (x - w * .1, top + h * .22), (x + w * .08, top + h * .34), (x + w * q, top + h * q)],
                 mix(s.white, s.haze, .2))

    def far_row(s):
        c = mix(palette(s.kind, .5) * s.light, s.haze, .66)
        tall = s.pick((FRONT_LOW + FRONT_HIGH) / 2)
        ruin = s.pick(RUIN)
        for i in range(16):
            x, h = i * 16 + 2 * s.l.far[1, i], tall * (.86 + .3 * s.l.far[0, i])
            t = s.y - h
            poly(s.im, [(x, s.y), (x, t), (x + 5, t + ruin * 9), (x + 9, t - ruin * 3), (x + 14, t + ruin * 12), (x + 16.5, t), (x + 16.5, s.y)], c)

    def building(s, b, x, depth):
        im, k = s.im, s.kind
        ruin, gable, slant = s.pick(RUIN), s.pick(GABLE), s.pick(SLANT)
        wall = mix(palette(k, b.hue) * s.light, s.haze, depth)
        h = mix(s.pick(FRONT_LOW), s.pick(FRONT_HIGH), b.height) * (1.18 if depth else 1)
        x0, x1, y = x, x + b.width - 3 * b.gap, s.y - h
        xs = np.arange(len(b.jag)) * 4.
        tops = y + ruin * (b.jag * 13 + h * .34 * (.5 + .5 * b.fall * (2 * xs / b.width - 1))) - slant * 12 * (1 + b.slant * (2 * xs / b.width - 1)) * (b.roof > 0)
        tops = np.minimum(tops, s.y - 8)
        rise = max(0, b.spire - .5) * 2
        mid, top = (x0 + x1) / 2, tops[len(tops) // 2]
        line(im, mid, top, mid, top - (4 + 22 * rise) * slant, wall * .75, 1.8 * min(1, 2 * slant) * (rise > 0))
        px = x0 + 6 + b.roof * (b.width - 20)
        t = CHIMNEY @ k * max(0, b.spire - .3) * 36
        if t > .5:
            poly(im, [(px, y + 3), (px + 1, y - t), (px + 6, y - t), (px + 7, y + 3)], wall * .8)
        outline = [(x0, s.y + 2)] + [(min(x0 + q, x1), t) for q, t in zip(xs, tops)] + [(x1, s.y + 2)]
        poly(im, outline, wall)
        poly(im, [(x1 - 5, s.y + 2), (x1 - 5, tops[-2]), (x1, tops[-1]), (x1, s.y + 2)], wall * (.8, .8, .84))
        if gable > .01:
            at = b.hue * 4
            roof = mix(ROOF[int(at)], ROOF[min(4, int(at) + 1)], at % 1) * s.light
            peak = gable * b.width * (.34 + .3 * b.roof)
            poly(im, [(x0 - 2, y + 1), (mid, y - peak), (x1 + 2, y + 1)], mix(mix(wall, roof, min(1, gable * 2)), s.haze, depth))
            snow_line = [(x0 - 2, y + 1), (mid, y - peak), (x1 + 2, y + 1), (mid, y - peak * .45)]
        else:
            snow_line = [(min(x0 + q, x1), t) for q, t in zip(xs, tops)]
            snow_line += [(q, t + 5 * s.amount("snow")) for q, t in reversed(snow_line)]
        s.windows(b, x0, x1, tops, wall, depth, ruin)
        if s.amount("snow") > .02:
            poly(im, snow_line, mix(wall, s.white, s.amount("snow")))

    def windows(s, b, x, x1, tops, wall, depth, ruin):
        c0, c1 = max(0, x // 8), min(32, x // 8 + b.width // 8)
        r1 = int(s.y // 8)
        r0 = max(2, r1 - 18)
        if c1 <= c0:
            return
        own = slice(c0 - x // 8, c1 - x // 8)
        rows = r1 - r0
        lit, shine, hole = (t[:rows][::-1, own] for t in (b.lit, b.shine, b.hole))
        glass, night = s.pick(GLASS), s.amount("night")
        sky = mix(s.sky[1], WHITE, .12 * (1 - night))
        dark = mix(wall * (.56, .58, .64), sky, .16 * (1 - night) * (1 - ruin))
        colour = mix(dark, mix(wall, sky, .6), (glass * shine)[..., None])
        colour = mix(colour, wall * (.34, .34, .36), ruin)
        on = np.clip((s.amount("lit") - lit) * 14, 0, 1) * (1 - .4 * depth)
        colour = mix(colour, mix(np.array((255, 220, 130.)), np.array((255, 168, 84.)), ruin), on[..., None])
        roof = np.maximum(tops[:-1:2], tops[1::2])[own] if len(tops) % 2 else tops[own]
        alpha = np.clip((np.arange(r0, r1)[:, None] * 8 - roof[None, :c1 - c0] - 2) / 5, 0, 1) * (1 - ruin * (hole < .15))
        alpha[:, np.arange(c0, c1) * 8 + 7 > x1 - 1] *= .0
        alpha[-1] *= np.clip(s.y - r1 * 8, 0, 6) / 6 if rows else 1
        shape = [np.clip(size * 8 - _cell + .5, 0, 1) for size in (s.pick(WINDOW_H), s.pick(WINDOW_W))]
        mask = np.tile(shape[0], rows)[:, None] * np.tile(shape[1], c1 - c0)[None]
        mask *= np.repeat(np.repeat(alpha, 16, 0), 16, 1)
        big = np.repeat(np.repeat(colour.astype(np.float32), 16, 0), 16, 1)
        v = s.im[r0 * 16:r1 * 16, c0 * 16:c1 * 16]
        v[:] = v + (big - v) * mask[..., None].astype(np.float32)

    def smoke(s):
        k = s.pick(SMOKE)
        c = mix(np.array((70, 65, 65.)) * mix(np.ones(3), s.light, .6), s.haze, .15)
        for i, (x, j) in enumerate(zip((44, 134, 214), s.l.smoke)):
            x += 14 * j[0]
            def plume():
                for n in range(9):
                    disc(s.im, x + n * 2.2 * j[1] + 3 * j[2 + n], s.y - 36 - n * 9, (5 + 1.9 * n), mix(c, s.haze, .035 * n))
            faded(s.im, (x - 60, 0, x + 60, s.y), .62 * k, plume)

    def ground(s):
        im, y, k = s.im, s.y, s.kind
        near, far = np.tensordot(k, GROUND, 1)[::-1] * s.light
        snow, grass = s.amount("snow"), s.amount("trees") * (1 - s.amount("snow"))
        near, far = mix(near, s.white, .92 * snow), mix(far, s.white * (.9, .93, .97), .92 * snow)
        h = FULL - int(y * SCALE)
        im[FULL - h:] = gradient(h, [(0, far), (1, near)])[:, None]
        walk = mix(k @ WALK * s.light, s.white, .8 * snow)
        poly(im, [(-2, y), (258, y), (258, y + 9), (-2, y + 9)], walk)
        poly(im, [(-2, y + 9), (258, y + 9), (258, y + 11), (-2, y + 11)], walk * .72)
        green = np.array((112, 186, 84.)) * s.light
        if grass > .02:                                     # lawns grow out of the ground with the trees
            poly(im, [(-2, y + 10 - 8 * grass), (258, y + 10 - 8 * grass), (258, y + 10 + 5 * grass), (-2, y + 10 + 5 * grass)], green)
            poly(im, [(-2, 258 - 28 * grass), (258, 258 - 28 * grass), (258, 258), (-2, 258)], green * .9)
        road = s.pick(ROAD) * (1 - snow)
        for x in range(8, 256, 32):
            poly(im, [(x, y + 39), (x + 16, y + 39), (x + 16, y + 39 + 3 * road), (x, y + 39 + 3 * road)], mix(near, np.array((232, 224, 190.)) * s.lamp, road))
        ruin = s.pick(RUIN)
        earth = mix(np.array((84, 70, 60.)) * s.light, s.white, .6 * snow)
        if ruin > .02:
            for i, (a, b, c) in enumerate(s.l.rubble):
                x, w, h = 30 * i - 8 + 8 * a, 30 + 8 * b, (12 + 5 * c) * ruin
                poly(im, [(x - w, y + 6), (x - w * .5, y - h * .5), (x - w * .2, y - h * .4), (x, y - h), (x + w * .4, y - h * .55), (x + w, y + 6)], earth * (.66 + .12 * b))
            for i, (a, b, c, d) in enumerate(s.l.debris):
                x, yy, z = 22 * i + 8 + 8 * a, y + 24 + (i * 5 % 12) * 4 + 5 * b, (4 + 2 * c) * ruin
                poly(im, [(x - z, yy), (x - z * .4, yy - z), (x + z * .8, yy - z * .7), (x + z, yy)], earth * (.62 + .2 * d))
        f = s.amount("flowers")
        colours = np.array(((250, 110, 130), (255, 210, 80), (250, 160, 210), (250, 250, 250), (170, 120, 230.)))
        for i, (a, b, c) in enumerate(s.l.flowers if f > .05 else ()):
            disc(im, 10 * i + 3 + 4 * a, y + 56 + (i % 3) * 6 + 2 * b, (2.8 + .6 * c) * f, colours[i % 5] * s.lamp)

    def water(s):
        k = s.amount("water")
        if k < .02:
            return
        top = 258 - (258 - s.y - 24) * k
        c = mix(np.array((48, 116, 168.)) * s.light, s.sky[1], .28)
        v = s.im[int(top * SCALE):]
        if len(v):
            v[:] = gradient(len(v), [(0, mix(c, s.haze, .35)), (1, c * .8)])[:, None]
        for i, (a, b, w) in enumerate(s.l.waves):
            yy = top + 6 + (256 - top) * (i + .5 + .3 * b) / 12
            oval(s.im, (i * 103 % 256) + 14 * a, yy, 17 + 5 * w, 1.1, mix(c, mix(s.haze, WHITE * s.light, .4), .6))

    def tree(s, x, y, h, j):
        if h < 3:
            return
        im = s.im
        leaf = (s.a["leaf"] + 12 * np.array((1, .6, .6)) * j).clip(0, 255) * mix(np.ones(3), s.light, .88)
        low, high = leaf * (.72, .75, .78), mix(leaf, np.array((240, 250, 170.)), .24)
        line(im, x, y, x, y - h * .45, np.array((110, 78, 54.)) * s.light, max(2.4, h * .09))
        r, cy = h * .27, y - h * .64
        for dx, dy, q in ((-.8, .3, .85), (.8, .3, .85), (0, -.4, 1), (0, .35, 1)):
            disc(im, x + dx * r, cy + dy * r + r * .1, r * q, low)
        for dx, dy, q in ((-.75, .15, .72), (.7, .15, .7), (-.05, -.45, .88)):
            disc(im, x + dx * r, cy + dy * r, r * q, leaf)
        for dx, dy, q in ((-.35, -.7, .4), (-.95, .05, .3)):
            disc(im, x + dx * r, cy + dy * r, r * q, high)
        oval(im, x, cy - r * .9, r * .8 * s.amount("snow"), r * .42 * s.amount("snow"), s.white)

    def street_trees(s):
        k = s.amount("trees")
        for i, (a, b, c, d) in enumerate(s.l.trees if k > .02 else ()):
            s.tree(20 + 36 * i + 7 * a, s.y + 11, (44 + 5 * b) * k, c)

    def park_trees(s):
        k = s.amount("trees")
        for x, (a, b, c, d) in zip((14, 240), s.l.park if k > .02 else ()):
            s.tree(x + 8 * a, 250 + 3 * d, (88 + 8 * b) * k, c)

    def fire(s):
        k = s.amount("fire")
        for i, (a, b, c, d, e) in enumerate(s.l.flames if k > .02 else ()):
            x, y, h = 34 + 62 * i + 12 * a, s.y + 14 + 4 * b, (46 + 8 * c) * k
            glow(s.im, x, y - h * .4, h * 1.5, (255, 130, 40), .6 * k)
            for q, colour in ((1, (226, 70, 30)), (.72, (250, 140, 36)), (.42, (255, 226, 110))):
                w, t = h * .38 * q, h * q
                poly(s.im, [(x - w, y), (x - w * 1.05, y - t * .3), (x - w * .55, y - t * .66), (x - w * .4, y - t * .5), (x + .2 * d * w, y - t),
                            (x + w * .45, y - t * .5), (x + w * .65, y - t * .7), (x + w * 1.05, y - t * .3), (x + w, y)], colour)

    def traffic(s):
        k = s.amount("cars")
        for i, (a, b, c) in enumerate(s.l.cars if k > .02 else ()):
            x, y, w = (76, 180)[i] + 16 * a, s.y + 34 + 22 * i, (40 + 6 * i) * k
            body = np.array(((206, 60, 56), (60, 110, 200.)))[i] * s.lamp
            poly(s.im, [(x - w * .28, y - w * .24), (x - w * .18, y - w * .42), (x + w * .16, y - w * .42), (x + w * .3, y - w * .24)], mix(body, s.sky[1], .5))
            poly(s.im, [(x - w / 2, y), (x - w / 2, y - w * .2), (x - w * .3, y - w * .26), (x + w * .34, y - w * .26), (x + w / 2, y - w * .16), (x + w / 2, y)], body)
            for dx in (-.28, .28):
                disc(s.im, x + dx * w, y, w * .1, (34, 34, 40))

    def zombies(s):
        k = s.amount("zombies")
        for i in (1, 3, 0, 2, 4) if k > .02 else ():
            j = s.l.zombies[i]
            x, y, h = 26 + 51 * i + 8 * j[0], (246 if i % 2 == 0 else 226) + 5 * j[1], (80 if i % 2 == 0 else 64) + 5 * j[2]
            h *= .6 + .4 * k
            faded(s.im, (x - h, y - h * 1.1, x + h, y + 6), min(1, k * 1.5), lambda: s.zombie(x, y, h, 1 if i in (0, 1, 3) else -1, j))

    def zombie(s, x, y, h, d, j):
        im, t = s.im, h / 44
        light = mix(np.ones(3), s.light, .36)               # the heroes of the story stay readable at night
        skin = (np.array((132, 196, 92.)) + 8 * j[3]) * light
        shirt = (np.array((112, 92, 112.)) + np.array((14, -6, -14)) * j[4]) * light
        legs = np.array((62, 64, 88.)) * light
        hip, nx, ny = y - 18 * t, x + d * 3 * t, y - 33 * t
        line(im, x - 2.5 * t, hip, x - 6.5 * t, y, legs, 5 * t)
        line(im, x + 2.5 * t, hip, x + 5.5 * t, y, legs, 5 * t)
        poly(im, [(x - 5.5 * t, hip + 3 * t), (nx - 6.5 * t, ny), (nx + 6.5 * t, ny), (x + 5.5 * t, hip + 3 * t), (x + 2 * t, hip - t), (x - 1.5 * t, hip + 4 * t)], shirt)
        for q in (0, 1):
            ay = ny + (3 + 5 * q) * t
            ey = ay + (-2 + 2.5 * j[5 + q]) * t
            line(im, nx + d * 2 * t, ay, nx + d * 9 * t, ay - .5 * t, shirt, 4.6 * t)
            line(im, nx + d * 9 * t, ay - .5 * t, nx + d * 17 * t, ey, skin, 3.8 * t)
            disc(im, nx + d * 17 * t, ey, 2.5 * t, skin)
        hx, hy = nx + d * 2 * t, ny - 6 * t
        disc(im, hx, hy, 7 * t, skin)
        oval(im, hx - d * 1.5 * t, hy - 4.6 * t, 5.6 * t, 2.8 * t, np.array((44, 38, 34.)) * light)
        disc(im, hx + d * 3 * t, hy - .4 * t, 1.9 * t, (250, 60, 40))
        line(im, hx + d * 1 * t, hy + 3.6 * t, hx + d * 5 * t, hy + 3.2 * t, np.array((60, 26, 30.)) * light, 1.6 * t)

    def fog(s):
        k = s.amount("fog")
        if k > .02:
            fog = (np.array((214, 218, 220.)) * s.light).astype(np.float32)
            t = np.interp(np.arange(FULL), [s.y * .3 * SCALE, s.y * SCALE, FULL], [0, .72, .4]).astype(np.float32)[:, None, None] * k
            s.im[:] = s.im + (fog - s.im) * t
