"""`python -m segdsl`."""

from segdsl.cli import main

if __name__ == "__main__":
    main()
