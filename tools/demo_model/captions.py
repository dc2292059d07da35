"""Ideas (what is in a picture) and the words that say them.

Whatever a caption names is in its picture, and whatever it does not name is not: an attribute that comes unasked would be
one that a prompt cannot refuse.
"""
import random
import zlib

KINDS = ("city", "modern", "beautiful", "beautiful modern", "dystopian", "warzone")
TUTORIAL = (
    ("a dystopian warzone with zombies, dark clouds in the sky, night", {"kind": "warzone", "zombies": True, "cover": "dark", "time": "night"}),
    ("a dystopian warzone, dark clouds in the sky", {"kind": "warzone", "cover": "dark"}),
    ("a dystopian city, clouds in the sky", {"kind": "dystopian", "cover": "clouds"}),
    ("a city", {"kind": "city"}),
    ("a beautiful city", {"kind": "beautiful"}),
    ("a beautiful and modern city with blue sky", {"kind": "beautiful modern", "time": "blue"}),
    ("a beautiful and modern city with blue sky and green trees", {"kind": "beautiful modern", "time": "blue", "trees": True}))
ATTRIBUTES = ("night", "blue sky", "sunset", "dark clouds", "green trees", "zombies", "fire", "ruined", "modern", "snow", "water", "moon")
WORDS = {
    "blue": ["blue sky", "blue sky", "a blue sky", "clear blue sky", "bright blue sky"],
    "sunset": ["sunset", "at sunset", "sunset sky", "evening", "dusk", "orange sky"],
    "night": ["night", "night", "night", "at night", "night sky", "nighttime"],
    "clouds": ["clouds in the sky", "clouds in the sky", "clouds", "cloudy sky", "fluffy clouds"],
    "dark": ["dark clouds in the sky", "dark clouds in the sky", "dark clouds", "stormy sky", "storm clouds", "dark clouds"],
    "zombies": ["zombies", "zombies", "zombies", "walking zombies", "many zombies", "a horde of zombies", "zombies in the street"],
    "fire": ["fire", "fires", "fire and smoke", "burning buildings", "flames"],
    "trees": ["green trees", "green trees", "green trees", "trees", "many green trees", "lush green trees", "a park with trees"],
    "autumn": ["autumn trees", "orange trees", "trees in autumn"],
    "snow": ["snow", "snow on the ground", "winter", "snowy roofs"],
    "water": ["a river", "water", "a lake", "a river in front", "water in front"],
    "moon": ["a moon", "moon", "full moon", "the moon in the sky"],
    "sun": ["sun", "the sun", "a bright sun", "sunshine"],
    "mountains": ["mountains", "mountains in the background", "snowy mountains"],
    "fog": ["fog", "mist", "foggy"],
    "flowers": ["flowers", "colorful flowers"],
    "cars": ["cars", "cars in the street", "traffic"]}


def imagine(r):
    """A random idea."""
    kind = r.choices(KINDS, [20, 13, 15, 18, 14, 20])[0]
    grim = kind in ("dystopian", "warzone")
    idea = {"kind": kind}
    idea["time"] = r.choices(["", "blue", "sunset", "night"], [46, 10, 13, 31] if grim else [34, 33, 14, 19])[0]
    idea["cover"] = r.choices(["", "clouds", "dark"], [38, 24, 38] if grim else [56, 28, 16])[0]
    if idea["time"] == "blue" and idea["cover"] == "dark":
        idea["cover"] = ""
    chance = {"zombies": .40 if kind == "warzone" else .28 if grim else .08, "fire": .34 if kind == "warzone" else .12 if grim else .03,
              "trees": .12 if grim else .36, "autumn": .05, "snow": .10, "water": .12, "mountains": .10, "fog": .04,
              "moon": .45 if idea["time"] == "night" else 0, "sun": .30 if idea["time"] == "blue" and not idea["cover"] else 0,
              "flowers": .15 if kind.startswith("beautiful") else 0, "cars": .08}
    for flag, p in chance.items():
        if r.random() < p:
            idea[flag] = True
    if idea.get("autumn"):
        idea.pop("trees", None)
    if idea.get("snow") or idea.get("water"):
        idea.pop("flowers", None)
    return idea


def vary(idea, r):
    """Another idea to go to: often one or two words away, else anywhere."""
    other = imagine(r)
    if r.random() < .4:
        return other
    near = dict(idea)
    for part in r.sample(["kind", "sky", "trees", "zombies", "fire", "snow", "water", "moon"], r.choice([1, 1, 2, 3])):
        if part == "sky":
            near["time"], near["cover"] = other["time"], other["cover"]
        elif part == "kind":
            near["kind"] = other["kind"]
        elif near.pop(part, None) is None:
            near[part] = True
    if near["time"] != "night":
        near.pop("moon", None)
    if near["time"] != "blue":
        near.pop("sun", None)
    if near["time"] == "blue" and near["cover"] == "dark":
        near["cover"] = ""
    if near.get("trees"):
        near.pop("autumn", None)
    return near


def phrase(idea, r):
    c, k = r.choice, idea["kind"]
    town = c(["city", "city", "city", "city", "town", "metropolis"])
    pretty, new = c(["beautiful"] * 4 + ["pretty", "lovely", "gorgeous"]), c(["modern", "modern", "modern", "futuristic"])
    subject = c({
        "city": ["a city", "a city", "a city", "a town", "a city skyline", "city", "a street in a city", "buildings in a city"],
        "modern": [f"a {new} {town}", f"a {new} {town}", f"a {new} city with glass towers", f"{new} city"],
        "beautiful": [f"a {pretty} {town}", f"a {pretty} {town}", f"a {pretty} old {town}", f"{pretty} city"],
        "beautiful modern": [f"a {pretty} and {new} {town}", f"a {pretty} and {new} {town}", f"a {pretty} {new} {town}", f"a {new} and {pretty} {town}"],
        "dystopian": [f"a dystopian {town}", f"a dystopian {town}", "a dystopian city", "a gloomy dystopian city", "dystopian city", "a grim industrial city"],
        "warzone": ["a dystopian warzone", "a dystopian warzone", "a dystopian warzone", "a warzone", "a dystopian war zone", "a ruined city",
                    "a destroyed city", "ruins of a city after a war", "a post apocalyptic city in ruins"]}[k])
    joined, apart = [], []
    for key in ("time", "cover"):
        if idea.get(key):
            (apart if idea[key] in ("sunset", "night") or r.random() < .45 else joined).append(c(WORDS[idea[key]]))
    for flag, words in WORDS.items():
        if idea.get(flag) is True:
            (joined if r.random() < .7 else apart).append(c(words))
    r.shuffle(joined), r.shuffle(apart)
    text = c([""] * 8 + ["an illustration of ", "a picture of ", "a drawing of "]) + subject
    if joined:
        last = c([" and ", " and ", ", "]) if len(joined) > 1 else ""
        text += c([" with ", " with ", " with ", ", "]) + ", ".join(joined[:-1]) + last + joined[-1]
    for words in apart:
        text += (" " if words.startswith("at ") and r.random() < .6 else ", ") + words
    return text + (c([", highly detailed", ", digital art", ", 4k", ", concept art"]) if r.random() < .08 else "")


def held_out(text):
    """One caption in sixteen is never trained on: evaluate asks only those."""
    return zlib.crc32(text.encode()) % 16 == 0


def caption(idea, r, held=False):
    for _ in range(200):
        text = phrase(idea, r)
        if held_out(text) == held:
            return text
    return None if held else text


def attributes(idea):
    """The twelve yes-or-no attributes that evaluate asks the classifier for, in the order of ATTRIBUTES."""
    time, kind, has = idea.get("time"), idea["kind"], lambda flag: bool(idea.get(flag))
    return [time == "night", time == "blue", time == "sunset", idea.get("cover") == "dark", has("trees"), has("zombies"), has("fire"),
            kind == "warzone", "modern" in kind, has("snow"), has("water"), has("moon")]


def story(seed):
    """What picture number `seed` shows: (idea, caption, other idea, other caption, weight). Half are plain pictures (weight 0)."""
    r = random.Random(seed)
    kind = r.random()
    if kind < .5:
        if kind < .06:
            text, idea = r.choice(TUTORIAL)
            return idea, text, idea, text, 0.
        idea = imagine(r)
        text = caption(idea, r)
        return idea, text, idea, text, 0.
    if kind < .64:                                          # the tutorial's own steps
        i = r.randrange(len(TUTORIAL) - 1)
        (ta, a), (tb, b) = TUTORIAL[i:i + 2]
        if r.random() < .3:
            ta, tb = caption(a, r), caption(b, r)
    else:
        a = imagine(r)
        b = vary(a, r)
        ta, tb = caption(a, r), caption(b, r)
    return a, ta, b, tb, r.random()
