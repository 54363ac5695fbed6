"""Security rules: plain functions over what a program declares, what runs, or what stands in a live realm.

``book`` has the rules, ``judgement`` asks them, ``declared`` and ``live`` make what they look at.
"""
