"""What simulated people say: a small grammar of call-center English, for load and demonstrations only.

A rule is a tuple of sentences; a ``{name}`` in one stands for a fact of the call.
"""

import re
from collections.abc import Mapping
from random import Random

#: Per queue: what the call is about, and what is wrong with it.
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "billing": ("my last bill", "there is a charge on it that I can't explain"),
    "broadband": ("our broadband", "it drops out every few minutes"),
    "delivery": ("my parcel", "it was meant to be here two days ago"),
    "cards": ("my debit card", "it gets turned down at the till"),
    "energy": ("our smart meter", "it shows twice what we normally use"),
    "bookings": ("my booking", "the dates on the confirmation are wrong"),
}
#: Facts of a call, one value of each drawn when it begins.
FACTS: Mapping[str, tuple[str, ...]] = {
    "name": ("Priya", "Tom", "Grace", "Mateo", "Ines", "Callum", "Joanna", "Wei", "Fatima", "Peter"),
    "agent_name": ("Sam", "Dana", "Olu", "Karen", "Mike", "Lena", "Ravi", "Beth"),
    "amount": ("forty two pounds", "nineteen ninety nine", "a hundred and twelve", "sixty pounds"),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "weeks": ("two weeks", "three weeks", "nearly a month", "ten days"),
    "digits": ("four one seven", "double six two", "nine oh three", "five eight eight"),
}

GRAMMAR: Mapping[str, tuple[str, ...]] = {
    "greeting": (
        "good morning you're through to {agent_name} how can I help",
        "hello this is {agent_name} speaking what can I do for you today",
        "thanks for calling my name is {agent_name} how can I help you",
    ),
    "opening": (
        "hi I'm calling about {subject} {problem}",
        "yeah hello it's about {subject} I think {problem}",
        "oh hi there I've got a question about {subject} because {problem}",
        "morning could you have a look at {subject} for me {problem}",
    ),
    "verify": (
        "of course can I take your name and the last three digits of the account",
        "sure let me bring that up could I have the postcode and your name please",
        "I can check that who am I speaking with",
    ),
    "identify": (
        "it's {name} and the number ends {digits}",
        "{name} the account ends in {digits}",
        "yes my name's {name} I think it's {digits} at the end",
    ),
    "ask": (
        "thank you {name} when did you first notice it",
        "okay I have it here what have you tried so far",
        "and how long has that been going on for",
        "I can see it in front of me what would you like to happen",
    ),
    "detail": (
        "it started on {day} I think it was in the evening",
        "well I looked at it on {day} and it was the same",
        "I turned it off and on and then waited a bit",
        "I've got the letter here it says {amount}",
        "I believe it was {weeks} ago let me look yes",
        "no nothing has changed at our end as far as I know",
    ),
    "work": (
        "let me just check that on the system",
        "I'm opening the notes from {day} now",
        "right I can see the entry you mean for {amount}",
        "I'm running a test on it now it takes a few seconds",
        "I'll make a note of that on the account",
    ),
    "fine": (
        "okay that makes sense",
        "right yes go ahead",
        "sure take your time",
        "alright thanks for looking",
        "yep I'm still here",
    ),
    "solve": (
        "I've taken that off and you'll see it by {day}",
        "that is set up again now it should work from {day}",
        "I've sent the right one out and it comes on {day}",
        "it's been corrected and I'll send you a message when it shows",
    ),
    "thanks": (
        "oh that's great thank you so much",
        "brilliant thanks that was quick",
        "lovely thank you for sorting it out",
        "perfect I appreciate your help",
    ),
    "goodbye": (
        "you're welcome is there anything else",
        "glad we could sort it have a good day",
        "no problem at all take care {name}",
    ),
    "bye": ("no that's everything bye", "that was all thanks bye bye", "nope all good have a nice day"),
    "annoyed": (
        "I've already told somebody this on {day}",
        "look this is the third time I'm calling about it",
        "I was told it would be done by {day} and it wasn't",
        "I don't understand why this is so hard",
        "it has been {weeks} now that's not acceptable",
    ),
    "angry": (
        "this is ridiculous I'm so fed up with this",
        "I am really angry now you keep telling me the same thing and nothing happens",
        "no that is not good enough I've wasted the whole day on this",
        "honestly this is the worst service I have ever had",
        "you people never do what you say it's a disgrace",
    ),
    "deflect": (
        "I understand but that's the policy",
        "I'm afraid there's nothing I can do from here",
        "you would have to wait until {day} like everyone else",
        "any inconvenience is regretted",
        "that is handled by a different department",
    ),
    "give_up": ("forget it I'm done", "you know what this is pointless goodbye", "I give up honestly"),
    "repair": (
        "I'm really sorry {name} you should not have had to call three times",
        "I can hear how frustrating this is and of course you're angry we got this wrong",
        "that must have been so stressful I will stay with this myself until it's done",
        "you're right to be upset I'm taking this over personally and I'll ring you on {day}",
    ),
    "soften": (
        "okay well thank you for saying that",
        "alright that does help",
        "fine yes that would be good actually",
        "I appreciate that thank you",
        "okay I feel better about it now thanks",
        "yes {day} is good for me",
    ),
    "supervisor": (
        "I want to speak to your manager please",
        "can you put me through to somebody above you",
        "get me a supervisor now I mean it",
        "I'd like this escalated to someone with more authority",
    ),
    "refuse": (
        "a manager would tell you the same thing",
        "there is nobody available at the moment",
        "I can only take a message for them",
    ),
    "abuse": (
        "you're useless you know that absolutely useless",
        "are you stupid or what",
        "you're a bunch of liars and crooks",
        "what kind of idiot do I have on the phone here",
        "shut up and listen you moron",
    ),
    "boundary": (
        "I want to help but I can't if you speak to me like that",
        "please let's keep this polite",
        "I'm going to have to ask you to stop that",
    ),
    "urgent": (
        "please I need this today my son needs his medicine and it's in that parcel",
        "my mother is on oxygen at home and the power is off I'm scared",
        "I've got no money for the rent and they're putting us out tomorrow",
        "my baby has a fever and we have no heating at all please",
    ),
    "act_now": (
        "I hear you that's frightening I'm moving this to the front right now",
        "stay on the line with me I'm calling the emergency team on the other phone",
        "that must be terrifying I'll do this myself this minute",
    ),
    "relief": (
        "oh thank god thank you",
        "okay okay thank you I can breathe again",
        "thank you so much you don't know what that means to us",
        "good yes I'll be at the door thank you",
    ),
    "sarcasm": (
        "oh great another five days what wonderful service",
        "fantastic so I pay you and get nothing well done",
        "lovely thanks for nothing then",
        "brilliant so you lost it again how impressive",
    ),
    "churn": (
        "it's alright we've decided to move to another company",
        "I'd like to know how to close the account at the end of the month",
        "we won't be renewing this time I've found something else",
        "I think we'll be switching it's nothing personal",
    ),
    "accept": (
        "okay I can note that down for you",
        "that's fine you'll get a letter about it",
        "I see is there a date you had in mind",
    ),
    "quiet": ("yes", "okay", "no", "mm", "I suppose so", "if you say so", "fine"),
    "prompt": (
        "are you still there",
        "does that sound alright to you",
        "can you see it on your side now",
        "shall I go on",
    ),
}

#: How people begin a sentence while they still think.
OPENERS = ("um", "well", "yeah", "so", "look", "right", "I mean", "you know")
#: Rules of which people say two sentences in one breath.
TALKATIVE = frozenset({"detail", "annoyed", "angry", "abuse", "supervisor", "urgent", "relief", "soften"})

_SLOT = re.compile(r"\{(\w+)\}")


def say(rule: str, facts: Mapping[str, str], rng: Random) -> str:
    """Return a sentence of a rule, its slots filled.

    Examples
    --------
    >>> say("identify", {"name": "Ines", "digits": "one two three"}, Random(1)).count("Ines")
    1
    """
    return _SLOT.sub(lambda slot: facts[slot[1]], rng.choice(GRAMMAR[rule]))


def speak(rule: str, facts: Mapping[str, str], rng: Random) -> str:
    """Return a customer's turn: a sentence of a rule, at times two, at times after an opener."""
    text = say(rule, facts, rng)
    if rule in TALKATIVE and rng.random() < 0.4:
        text = f"{text} {say(rule, facts, rng)}"
    return f"{rng.choice(OPENERS)} {text}" if rng.random() < 0.3 else text


def draw_facts(queue: str, rng: Random) -> dict[str, str]:
    """Draw the facts of one call to this queue."""
    subject, problem = SUBJECTS[queue]
    return {"subject": subject, "problem": problem} | {
        name: rng.choice(values) for name, values in FACTS.items()
    }
