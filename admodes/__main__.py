"""``python -m admodes``: the same commands as ``admodes``."""

from .cli import main

if __name__ == "__main__":
    main()
