"""What a channel needs beside the program itself, and is installed once its owner sets it up.

What enters is the name of a channel; what leaves is what it lacks, in words, or an environment that has it. Only an
environment that a checkout made for itself is ever changed.

``contract`` which channel needs what · ``checkout`` the checkout that runs, where there is one · ``install`` the
installation · ``programs`` what is not Python: libmagic, ffmpeg.
"""
