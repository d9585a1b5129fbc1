"""The checks of `voicecli doctor`.

A check is a function of the `Scene` that yields findings. It may raise any exception, and native code in it may end its process. `finding.examine`
turns either into a finding, so that one broken part hides no other.
"""
