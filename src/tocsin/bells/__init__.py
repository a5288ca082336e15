"""Bells: how a person is told away from the desk that something there needs her. Off until the administrator chooses.

An alarm rings at the desk whatever else there is (``requests.acts.ring``); a bell of a person takes it further, to her
telephone through a gateway of the house (Apprise) or to her browser (Web Push). Each person chooses which bells she has
and for what. What leaves holds a number and what to do, and never personal data: it passes machines of others.
"""
