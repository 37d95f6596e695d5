"""Makes garbage that is nearly right out of something right."""

import json

STRANGE = (
    None,
    True,
    -1,
    1.5,
    2**70,
    1e999,
    "",
    "x",
    "\ud800",
    "\0",
    [],
    {},
    [1],
    {"a": 1},
    "é" * 99,
)
PIECES = (
    *(b"\n", b"\r", b"\0", b"[", b"]", b"=", b"{", b"}", b'"', b"'", b"\\", b"#", b";", b":", b"@"),
    *(b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"  ", b"\t", b"%", b"/", b"1", b"-", b"T", b"+"),
)


def mutated(data, chance):
    """The bytes with one to four changes; JSON often stays JSON, and then its values change."""
    if chance.random() < 0.5:
        try:
            value = json.loads(data)
        except ValueError:
            pass
        else:
            return json.dumps(_value(value, chance)).encode()
    for _ in range(chance.randint(1, 4)):
        data = _bytes(data, chance)
    return data


def _value(value, chance):
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        if chance.random() < 0.1:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: _value(value[name], chance)}
    if isinstance(value, str) and chance.random() < 0.3:
        text = _bytes(value.encode("utf-8", "surrogatepass"), chance)
        return text.decode("utf-8", "surrogateescape")
    return chance.choice(STRANGE)


def _bytes(data, chance):
    at, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    how = chance.randrange(5)
    if how == 0:
        return data[:at] + data[end:]
    if how == 1:
        return data[:end] + data[at:]
    if how == 2:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    if how == 3:
        return data[:at]
    return data[:at] + chance.choice(PIECES) * chance.choice((1, 1, 2, 50)) + data[at:]
