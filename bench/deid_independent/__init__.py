"""An independent test set for the de-identifier, written without sight of its rules, and the measure that goes with it.

Groups of layouts of imaginary hospitals by independent authors; the README says which may be read by whoever writes rules.
"""
