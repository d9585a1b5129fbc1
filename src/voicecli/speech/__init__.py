"""What is known of speech and text without hearing or saying anything: pure logic.

No threads, no devices, no models, no clocks: time is a number of samples or blocks, and text comes in and goes out. The same input always gives
the same output, however it is cut up on the way in.

Text on its way to the voice passes, in this order:

- `reader`: a character at a time, markup taken off (thoughts, code, tables, links; `tags`, `fence`), `words` and line ends with their places out;
- `plain`: one word, or one piece, of text freed of the signs that are seen and not said (`formula` knows LaTeX, `marks` the scripts);
- `endings`: whether a word ends a sentence or a clause;
- `sentences`: the `Splitter`, which puts words together to pieces for the voice;
- `said`: the words of a piece, where each was written and when it is heard;
- `speakable`: the same for a text that is whole already.
"""
