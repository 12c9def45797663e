"""Prints cases of arithmetic with money, and what Python's decimal makes of them; always the same ones. Read by
Tests/ProvidersTests/MoneyPropertyTests.swift: operation, arguments, expected result ("nil" where there is none), with tabs between."""

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext

MOST = 2**127 - 1
SIZE = 20_000


def grouped(digits):
    head = len(digits) % 3 or 3
    return ",".join([digits[:head], *(digits[at:at + 3] for at in range(head, len(digits), 3))])


def spelled(dice):
    """A number as somebody might write it, and its value."""
    whole = str(dice.choice([0, dice.randrange(10), dice.randrange(10**6), dice.randrange(10 ** dice.randrange(1, 24))]))
    fraction = "".join(dice.choice("0123456789") for _ in range(dice.choice([0, 0, 1, 2, 6, 12, 18, 20, 30])))
    exponent = dice.choice([None, None, 0, dice.randrange(-30, 25), dice.randrange(-9, 3)])
    sign = dice.choice(["", "", "", "", "+", "-"])
    plain = sign + whole + ("." + fraction if fraction else "") + (f"e{exponent}" if exponent is not None else "")
    text = sign + dice.choice(["", "", "$", "$ "]) + (grouped(whole) if dice.random() < 0.3 else "0" * dice.choice([0, 0, 2]) + whole)
    text += "." + fraction if fraction else dice.choice(["", "", "."])
    if exponent is not None:
        text += dice.choice("eE") + dice.choice(["", "+"] if exponent >= 0 else [""]) + dice.choice([str(exponent), f"{exponent:03d}"])
    return dice.choice(["", " "]) + text + dice.choice(["", " "]), Decimal(plain)


def canonical(value):
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def atto(value):
    scaled = (value * 10**18).quantize(Decimal(1), ROUND_HALF_UP)
    return "nil" if value < 0 or scaled > MOST else str(int(scaled))


def within(number):
    return str(number) if -MOST - 1 <= number <= MOST else "nil"


def amount(dice):
    return dice.choice([0, 1, MOST, MOST - 1, dice.randrange(10**12), dice.randrange(10**24), dice.randrange(MOST), 10 ** dice.randrange(38)])


def main():
    dice = random.Random(20261128)
    with localcontext() as context:
        context.prec = 400
        for _ in range(2 * SIZE):
            text, value = spelled(dice)
            print("atto", text, atto(value), sep="\t")
        for _ in range(SIZE):
            text, value = spelled(dice)
            shift = dice.randrange(-20, 20)
            print("price", text, shift, "nil" if value < 0 else canonical(value.scaleb(shift)), sep="\t")
        for _ in range(SIZE):
            text, value = spelled(dice)
            text, scale, shift = text.strip().lstrip("$+ "), dice.randrange(-5, 25), dice.choice([0, -2, -6])
            print("object", text, scale, shift, "nil" if value < 0 else canonical(value.scaleb(shift - scale)), sep="\t")
        for _ in range(SIZE):
            count, price = dice.choice([0, 1, dice.randrange(10**6), dice.randrange(2**63), -dice.randrange(10**6)]), amount(dice)
            print("times", count, price, within(max(count, 0) * price), sep="\t")
        for _ in range(SIZE):
            a, b = amount(dice) * dice.choice([1, -1]), amount(dice)
            print("sum", a, b, within(a + b), sep="\t")
        for _ in range(SIZE):
            number = amount(dice) * dice.choice([1, 1, -1])
            print("text", number, canonical(Decimal(number).scaleb(-18)), sep="\t")


if __name__ == "__main__":
    main()
