"""An independent test set for the de-identifier, written without sight of its rules, and the measure that goes with it.

Two groups of twenty layouts of imaginary hospitals. Group A may be read by whoever writes rules. Group B may not: its
words, names and layouts are apart from A's, and only figures by kind may be reported from it; the later groups are described in the README.
"""
