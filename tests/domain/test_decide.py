"""One stimulus, one decision: what cannot be seen from outside, or only on AWS."""

from dataclasses import replace

import pytest

from dampf.domain.decide import decide
from dampf.domain.decision import Asks, EnteredKey, OrderKey, OrderTaken, PastEvents
from dampf.domain.journey import MessageProgress, StartingEvent, Waiting
from dampf.domain.profile import Told
from dampf.domain.state import Closed, Entered
from dampf.domain.stimulus import EventCame, MessageFailed, TimerDue
from tests.builders import DAY, HOUR, MINUTE, NOON, amount, catalogue, decided, event, mails, state, timer

CART = """
title: cart
trigger: { event: Product Added, when: profile.cart.items }
entry: { per: profile.cart.id, restart: true }
exit: [{ event: Order Completed }]
steps: [{ wait: 1 hour }, { send: mail }, { wait: 1 day }, { send: other }]
"""
VIEW = "title: view\ntrigger: { event: Product Viewed }\nentry: { again: always }\nsteps: [{ send: mail }]\n"

ADDED = event("Product Added", product_id="drill", cart_id="c")
ORDERED = event("Order Completed", at=NOON + 30 * MINUTE, order_id="o1")


def in_cart(content=None):
    """Anna an event after she put something into her cart."""
    return decided(state(), ADDED, content or catalogue(CART)).state


def version_of(content):
    return content.campaign("cart").version


def test_a_decision_is_pure():
    content = catalogue(CART)
    assert decided(state(), ADDED, content) == decided(state(), ADDED, content)


def test_somebody_nobody_knew_is_somebody_from_then_on():
    decision = decided(None, event("Product Viewed", product_id="p"), catalogue(VIEW))
    assert decision.state.profile.id == "anna"
    assert mails(decision) == [("mail", "no_consent")]


def test_a_timer_for_nobody_is_a_mistake():
    with pytest.raises(LookupError):
        decide(None, timer(NOON), catalogue(CART), now=NOON)


class TestTimers:
    def test_the_next_wake_up_is_that_of_the_first_journey_due(self):
        before = in_cart()
        assert before.due_at == NOON + HOUR
        two = decided(before, event("Product Added", at=NOON + MINUTE, product_id="saw", cart_id="c2"), catalogue(CART))
        assert two.state.due_at == NOON + HOUR

    def test_a_wake_up_with_nothing_due_does_nothing(self):
        before = in_cart()
        decision = decided(before, timer(NOON + HOUR), catalogue(CART), now=NOON + 59 * MINUTE)
        assert (decision.state, decision.messages) == (before, ())

    def test_one_that_comes_twice_sends_once(self):
        once = decided(in_cart(), timer(NOON + HOUR), catalogue(CART))
        assert mails(once) == [("mail", None)]
        assert mails(decided(once.state, timer(NOON + HOUR), catalogue(CART))) == []

    def test_a_late_one_takes_along_all_that_is_due(self):
        slow = "title: a_slow\ntrigger: { event: Product Added }\nsteps: [{ wait: 2 hours }, { send: other }]\n"
        fast = "title: b_fast\ntrigger: { event: Product Added }\nsteps: [{ wait: 1 hour }, { send: mail }]\n"
        content = catalogue(slow, fast)
        decision = decided(in_cart(content), timer(NOON + HOUR), content, now=NOON + 3 * HOUR)
        assert sorted(mails(decision)) == [("mail", None), ("other", None)]


class TestVersions:
    NEW = CART.replace("{ wait: 1 hour }, { send: mail }", "{ send: other }, { wait: 2 hours }, { send: mail }")

    def test_a_journey_keeps_the_version_that_it_entered(self):
        old, new = catalogue(CART), catalogue(self.NEW)
        versions = {version_of(content): content for content in (old, new)}

        class Both:
            def __getattr__(self, name):
                return getattr(new, name)

            def campaign(self, name, version=None):
                return versions[version].campaign(name, version) if version else new.campaign(name)

        decision = decided(in_cart(old), timer(NOON + HOUR), Both())
        assert mails(decision) == [("mail", None)]
        assert decision.messages[0].version == version_of(old)
        started_over = decided(
            in_cart(old), event("Product Added", at=NOON + MINUTE, product_id="saw", cart_id="c"), Both()
        )
        assert started_over.messages == ()
        assert started_over.state.journeys[0].version == version_of(old)
        entered = decided(None, event("Product Added", product_id="saw", cart_id="c9"), Both()).state
        assert entered.journeys[0].version == version_of(new)

    def test_one_whose_version_is_gone_ends_with_a_fault_and_harms_nobody(self):
        content = catalogue(CART)
        broken = replace(in_cart(), journeys=(replace(in_cart().journeys[0], campaign="gone"),))
        decision = decided(broken, timer(NOON + HOUR), content)
        assert [ended.how for ended in decision.ended] == ["fault"]
        assert decision.state.journeys == ()


class TestEnds:
    def test_who_leaves_through_an_exit_is_remembered_for_the_last_look(self):
        decision = decided(in_cart(), ORDERED, catalogue(CART))
        assert decision.state.journeys == ()
        assert decision.state.closed == (Closed(in_cart().journeys[0].id, ORDERED.at),)
        assert [ended.how for ended in decision.ended] == ["exit"]

    def test_for_a_day(self):
        left = decided(in_cart(), ORDERED, catalogue(CART)).state
        later = decided(left, event("Anything", at=ORDERED.at + DAY - MINUTE), catalogue(CART)).state
        assert len(later.closed) == 1
        assert decided(later, event("Anything", at=ORDERED.at + DAY), catalogue(CART)).state.closed == ()

    def test_a_finished_journey_is_not_closed(self):
        decision = decided(state(), event("Product Viewed"), catalogue(VIEW))
        assert [ended.how for ended in decision.ended] == ["finished"]
        assert (decision.state.journeys, decision.state.closed) == ((), ())

    def test_a_message_that_failed_ends_its_journey(self):
        journey = in_cart().journeys[0]
        failed = MessageFailed(profile="anna", message="m", journey=journey.id, reason="render_error")
        decision = decided(in_cart(), failed, catalogue(CART), now=NOON + HOUR)
        assert [(fault.journey, fault.reason) for fault in decision.faults] == [(journey.id, "render_error")]
        assert decision.state.journeys == ()
        assert decided(decision.state, failed, catalogue(CART), now=NOON + HOUR).ended == ()


class TestIds:
    def test_a_replay_gives_the_same_ids(self):
        first, second = (decided(in_cart(), timer(NOON + HOUR), catalogue(CART)).messages[0] for _ in range(2))
        assert first.id == second.id

    def test_a_messages_id_names_its_profile_and_fits_an_ses_tag(self):
        named = decided(in_cart(), timer(NOON + HOUR), catalogue(CART)).messages[0].id
        assert named.startswith("anna-")
        assert named.replace("-", "").isalnum()

    def test_a_further_entry_is_another_journey_with_other_messages(self):
        first = decided(state(), event("Product Viewed", id="1"), catalogue(VIEW))
        second = decided(first.state, event("Product Viewed", id="2"), catalogue(VIEW))
        assert first.messages[0].journey != second.messages[0].journey
        assert first.messages[0].id != second.messages[0].id


class TestQuestions:
    """What must be looked up is asked for, and the same decision comes of it whenever it is known."""

    LATER = """
title: later
trigger: { event: Product Viewed }
steps: [{ wait: 1 hour }, { if: event.properties.price > 9, then: [{ send: mail }] }]
"""

    def test_a_later_step_that_names_the_event_asks_for_it(self):
        view = event("Product Viewed", price=10)
        before = decided(state(), view, catalogue(self.LATER)).state
        asks = decide(before, timer(NOON + HOUR), catalogue(self.LATER), now=NOON + HOUR)
        assert asks == Asks(events=frozenset({StartingEvent("anna", NOON, view.key)}))
        assert mails(decided(before, timer(NOON + HOUR), catalogue(self.LATER), events={view.key: view})) == [
            ("mail", None)
        ]

    def test_an_event_that_is_gone_is_undefined(self):
        view = event("Product Viewed", price=10)
        before = decided(state(), view, catalogue(self.LATER)).state
        decision = decided(before, timer(NOON + HOUR), catalogue(self.LATER), events={view.key: None})
        assert (mails(decision), decision.faults) == ([], ())

    def test_a_step_that_does_not_name_the_event_asks_for_nothing(self):
        assert mails(decided(in_cart(), timer(NOON + HOUR), catalogue(CART))) == [("mail", None)]

    HISTORY = """
title: h
trigger: { event: Cart Viewed, when: "history('Product Viewed', within=days(7)) | length >= 2" }
steps: [{ send: mail }]
"""

    def test_history_is_asked_for_and_what_is_not_stored_yet_counts(self):
        cart = event("Cart Viewed")
        asks = decide(state(), EventCame(profile="anna", event=cart), catalogue(self.HISTORY), now=NOON)
        question = PastEvents("Product Viewed", NOON - 7 * DAY)
        assert asks == Asks(past=frozenset({question}))
        views = [event("Product Viewed", at=NOON - each * HOUR) for each in (1, 2)]
        stored = decided(state(), cart, catalogue(self.HISTORY), past={question: (views[0],)})
        assert mails(stored) == []
        fresh = decided(state(), cart, catalogue(self.HISTORY), past={question: (views[1],)}, recent=(views[0],))
        assert mails(fresh) == [("mail", None)]

    def test_an_entry_row_is_asked_for_only_where_profiles_were_merged(self):
        content = catalogue(VIEW)
        assert decided(state(), event(), content).memories[0].was is None
        merged = state(also=("device",))
        key = EnteredKey("view", "")
        assert decide(merged, EventCame(profile="anna", event=event()), content, now=NOON) == Asks(
            memories=frozenset({key})
        )
        decision = decided(merged, event(), content, memories={key: Entered(3, NOON - DAY)})
        assert decision.memories[0].value == Entered(4, NOON)
        assert decision.memories[0].was == Entered(3, NOON - DAY)

    def test_a_row_that_says_never_again_starts_nothing(self):
        content = catalogue(VIEW.replace("always", "never"))
        known = {EnteredKey("view", ""): Entered(1, NOON - DAY)}
        assert mails(decided(state(), event(), content, memories=known)) == []

    def test_what_an_order_brought_is_a_row(self):
        content = catalogue(
            metrics="revenue: { add: event.properties.total, on: Order Completed, subtract_on: [Order Refunded] }\n"
        )
        order = decided(state(), event("Order Completed", order_id="o1", total=10), content)
        assert [(each.key, each.value) for each in order.memories] == [
            (OrderKey("o1"), OrderTaken({"revenue": amount(10)}, {}))
        ]
        refund = event("Order Refunded", at=NOON + HOUR, order_id="o1", total=4)
        known = {OrderKey("o1"): OrderTaken({"revenue": amount(10)}, {})}
        after = decided(order.state, refund, content, memories=known).state.profile
        assert after.metrics["revenue"].value == 6


class TestFeedback:
    def journey(self, **changes):
        before = decided(in_cart(), timer(NOON + HOUR), catalogue(CART)).state
        return replace(before, journeys=(replace(before.journeys[0], **changes),))

    def test_a_click_is_an_opening_and_a_delivery_too(self):
        clicked = decided(self.journey(), event("Email Link Clicked", at=NOON + 2 * HOUR), catalogue(CART)).state
        assert clicked.journeys[0].messages["mail"][2:] == (True, True, True)

    def test_feedback_that_names_a_message_counts_whatever_the_clocks_say(self):
        """The shop's clock was fast: the mail world answers before the start is said to have happened."""
        before = self.journey(event=StartingEvent("anna", NOON + 3 * HOUR, "k"))
        named = before.journeys[0].messages["mail"].id
        opened = event("Email Opened", at=NOON + 2 * HOUR, email_id=named)
        assert decided(before, opened, catalogue(CART)).state.journeys[0].messages["mail"].opened
        nameless = event("Email Opened", at=NOON + 2 * HOUR)
        assert not decided(before, nameless, catalogue(CART)).state.journeys[0].messages["mail"].opened

    def test_a_message_that_was_dropped_was_never_sent(self):
        before = decided(in_cart(), timer(NOON + HOUR), catalogue(CART), now=NOON + HOUR)
        without = replace(in_cart(), profile=replace(in_cart().profile, words=()))
        dropped = decided(without, timer(NOON + HOUR), catalogue(CART))
        assert before.state.journeys[0].messages["mail"].sent_at == NOON + HOUR
        assert dropped.state.journeys[0].messages["mail"] == MessageProgress(id=dropped.messages[0].id, sent_at=None)


class TestRestart:
    TWO = """
title: two
trigger: [{ event: Product Added, when: event.properties.price > 10 }, { event: Cart Viewed }]
entry: { restart: true }
steps: [{ wait: 1 hour }, { send: mail }]
"""

    def test_a_late_event_starts_it_over_without_becoming_its_event(self):
        first = event("Product Added", product_id="drill", price=20)
        before = decided(state(), first, catalogue(self.TWO)).state
        late = event("Cart Viewed", at=NOON - HOUR, arrived_at=NOON + 10 * MINUTE)
        journey = decided(before, late, catalogue(self.TWO)).state.journeys[0]
        assert journey.waiting == Waiting(kind="wait", due_at=NOON + 70 * MINUTE)
        assert (journey.trigger, journey.event) == (0, StartingEvent("anna", NOON, first.key))

    def test_a_newer_one_becomes_its_event_and_its_condition(self):
        before = decided(state(), event("Product Added", product_id="drill", price=20), catalogue(self.TWO)).state
        newer = event("Cart Viewed", at=NOON + 10 * MINUTE)
        journey = decided(before, newer, catalogue(self.TWO)).state.journeys[0]
        assert (journey.trigger, journey.event) == (1, StartingEvent("anna", newer.at, newer.key))


def test_set_is_told_at_the_instant_of_the_decision():
    content = catalogue("title: s\ntrigger: { event: Product Viewed }\nsteps: [{ set: { stage: \"'lead'\" } }]\n")
    late = event(at=NOON - HOUR, arrived_at=NOON)
    assert decided(state(), late, content).state.profile.traits["stage"] == Told("lead", NOON)


def test_an_emitted_event_says_who_it_is_about_and_which_campaigns_led_to_it():
    content = catalogue("title: e\ntrigger: { event: Product Viewed }\nsteps: [{ emit: { event: Called } }]\n")
    emitted = decided(state(), event(chain=("first",)), content).emitted[0]
    assert (emitted.source, emitted.name, emitted.at, emitted.chain) == ("dampf", "Called", NOON, ("first", "e"))
    assert emitted.identifiers == {"customer_id": "anna", "email": "anna@example.com"}


def test_only_campaigns_that_listen_are_evaluated():
    never = "title: never\ntrigger: { event: Order Completed, when: 1 / 0 }\nsteps: [{ send: mail }]\n"
    assert decided(state(), event("Product Viewed"), catalogue(never)).faults == ()


def test_a_wake_up_that_was_meant_for_somebody_else_does_nothing():
    before = state("ben")
    decision = decide(before, TimerDue(profile="ben", due_at=NOON), catalogue(CART), now=NOON)
    assert not isinstance(decision, Asks)
    assert (decision.state, decision.messages) == (before, ())
