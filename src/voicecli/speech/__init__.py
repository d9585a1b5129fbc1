"""Pure logic for speech and text.

There are no threads, devices, models or clocks. Time is a number of samples or blocks, and text goes in and out. The same input always gives
the same output, however it is split.

Text on its way to the voice passes these modules, in this order:

- `reader`: takes a character at a time, removes markup (thoughts, code, tables, links; `tags`, `fence`), and emits `words` and line ends;
- `plain`: removes signs that are seen but not spoken from one word or one chunk (`formula` handles LaTeX, `marks` the scripts);
- `endings`: decides whether a word ends a sentence or a clause;
- `sentences`: the `SentenceChunker`, which joins words into chunks for the voice;
- `said`: the words of a chunk, where each was written and when it is heard;
- `speakable`: the same for a text that is already complete.
"""
