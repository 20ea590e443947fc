"""Each row and bullet of the campaign language with the tests that claim it: none may be renamed away or lost."""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

ROWS: dict[str, str] = {
    # triggers
    "trigger event": "simulation/entry:any_trigger_of_a_list_starts_the_campaign",
    "trigger when, of every kind": "campaigns/moments:every_kind_of_trigger_may_have_a_condition",
    "metric reaches, exactly when carried across": "simulation/thresholds:nine_to_ten_fires_and_ten_to_eleven_does_not "
    "nine_to_twelve_fires_once a_duplicate_does_not_fire a_refund_and_a_new_order_do_not_fire_again",
    "metric every": "simulation/thresholds:every_fires_once_per_event by_default_there_is_one_journey_per_multiple",
    "metric falls_below": "simulation/thresholds:each_fall_fires_as_again_allows reaching_it_exactly_is_no_fall",
    "date, local day and hour": "simulation/dates:when_a_date_comes it_is_the_profiles_zone when_the_clock_changes",
    "date, leap day": "simulation/dates:29_february_is_kept_on_the_29th_in_leap_years",
    "date, yearly, monthly, once, offset": "domain/recurrence:the_days_on_which_a_date_falls",
    "segment enter and leave": "simulation/segments:whoever_moves_in_enters_once whoever_moves_out_leaves",
    "segment by time alone": "simulation/segments:it_comes_at_that_instant_and_never_early each_comparison_turns_then",
    "schedule at and cron, local, audience": "simulation/schedules:at_comes_once_for_everybody_by_the_shops_clock "
    "local_is_by_each_persons_own_clock an_expression_or_a_segment "
    "cron_comes_each_time_whatever_entry_says_of_coming_again",
    "old and historical events start nothing": "simulation/time:an_event_older_than_a_day_starts_nothing "
    "five_years_of_orders_mail_nobody the_shop_may_set_another_age",
    # steps
    "wait": "simulation/steps:wait_counts_in_the_units_of_the_profiles_calendar",
    "wait_until": "simulation/splits_and_waits_until:the_next_such_local_moment a_date_to_come_is_waited_for "
    "one_that_is_past_or_undefined_goes_on_skips_or_ends",
    "wait_for": "simulation/exits_and_waits:then_where_it_comes_else_where_not "
    "simulation/defaults:a_wait_goes_on_only_for_an_event_that_meets_its_condition",
    "send": "simulation/holds:several_holds_in_a_row_are_all_told",
    "sms": "simulation/sms:a_text_message_goes_to_the_number_and_nothing_in_it_is_escaped",
    "if": "simulation/steps:if_goes_one_way_and_both_ways_meet",
    "choose": "simulation/steps:choose_takes_the_first_that_holds choose_without_a_default_goes_on",
    "split": "simulation/splits_and_waits_until:the_same_person_falls_on_the_same_side_each_time "
    "each_step_divides_anew",
    "set": "simulation/steps:set_changes_the_profile undefined_empties_the_trait",
    "add": "simulation/steps:add_counts a_metric_changed_by_add_triggers_likewise",
    "emit": "simulation/steps:an_emitted_event_comes_back_in_and_starts_others "
    "stores/queues:an_emitted_event_is_on_the_bus_as_the_campaign_language_says",
    "enter": "simulation/steps:enter_follows_the_targets_entry_rules enter_does_not_ask_for_the_targets_condition",
    "exit": "simulation/exits_and_waits:the_step_exit_ends_the_journey_and_its_mail_is_still_delivered",
    "feedback names a message or counts for all": "simulation/exits_and_waits:"
    "with_a_message_id_it_counts_for_the_journey_that_sent_it without_a_message_id_it_counts_for_every_journey",
    "version kept, messages of the moment": "simulation/versions:publishing_touches_only_new_entries "
    "a_waiting_journey_gets_the_message_that_is_published_when_it_is_sent "
    "migrating_moves_exactly_those_whose_step_bears_an_id_that_still_exists",
    "order within a stimulus": "simulation/exits_and_waits:an_exit_comes_before_the_wait "
    "the_event_that_triggers_does_not_end_what_it_starts "
    "embedded/both_engines:all_events_of_an_instant_come_before_its_timers",
    "finished is not an exit": "use_cases/last_look:"
    "a_finished_journeys_last_mail_is_still_delivered_after_an_exits_event",
    # entry, exit, goal, holdout
    "per": "simulation/entry:one_journey_per_value_of_per where_per_is_undefined_the_key_is_empty",
    "again": "simulation/entry:again_governs_entry_after_the_end again_counts_for_each_key "
    "while_a_journey_is_open_a_further_trigger_does_nothing_whatever_again_says",
    "restart": "simulation/entry:restart_starts_the_open_journey_over restart_ends_with_the_first_request",
    "exit rules": "simulation/exits_and_waits:an_exit_ends_the_journey an_exit_holds_only_where_its_condition_does",
    "goal measures, within, revenue": "simulation/goals:"
    "an_event_counts_after_the_message_and_until_its_window_is_over the_window_is_counted_from_the_last_message "
    "a_second_order_in_time_brings_revenue_and_is_the_same_journey it_ends_nothing "
    "embedded/both_engines:goals_are_reached_alike_in_both_engines",
    "holdout is measured": "simulation/holdout:their_share_is_roughly_kept_and_nobody_is_mailed "
    "simulation/goals:who_was_held_out_is_measured_from_when_the_message_would_have_been_requested",
    "held out before every check": "simulation/holdout:it_is_decided_before_every_policy_check "
    "their_journey_goes_its_way_and_transactional_messages_are_sent",
    # expressions
    "the names": "campaigns/expressions:an_expression_means_what_the_page_says",
    "event at hand, later the starting one": "simulation/steps:the_event_at_hand_goes_along "
    "domain/decide:a_later_step_that_names_the_event_asks_for_it",
    "journey.messages, split, key": "simulation/exits_and_waits:a_journey_knows_what_became_of_its_messages "
    "simulation/splits_and_waits_until:later_steps_and_messages_know_the_side",
    "now and local": "simulation/defaults:the_hour_of_the_profiles_own_zone_decides",
    "history": "simulation/entry:history_reads_a_category_as_the_language_page_writes_it "
    "simulation/people:history_reaches_back_before_the_login",
    "product": "domain/products_asked:conditions_see_products_as_the_catalogue_knows_them",
    "erasure": "simulation/erasure:an_erased_person_leaves_no_row_and_gets_no_mail_that_was_planned "
    "a_late_event_does_not_bring_an_erased_person_back",
    "view_url": "use_cases/mail_in_browser:the_page_is_the_mail_to_the_letter "
    "it_stays_what_it_was_when_the_person_the_event_and_the_message_are_others only_what_bears_the_link_is_kept",
    "in_segment": "simulation/segments:a_segment_may_ask_for_another",
    "undefined": "campaigns/expressions:what_is_undefined_compares_as_false undefined_never_raises_whatever_it_meets "
    "what_is_done_with_something_undefined_is_undefined campaigns/messages:undefined_names_print_as_nothing",
    "a metric is 0 until counted": "simulation/thresholds:a_metric_is_nothing_until_it_is_counted",
    "misspelt names": "campaigns/expressions:a_misspelt_name_is_an_error_with_the_nearest_right_one",
    "dots never reach Python": "campaigns/expressions:dots_never_reach_python",
    "only what an expression needs": "campaigns/expressions:what_an_expression_needs_is_known_when_it_is_compiled",
    # policy
    "paused": "simulation/versions:a_paused_campaign_holds_and_goes_on_within_a_minute_of_being_resumed "
    "what_is_held_too_long_is_dropped_as_paused",
    "consent": "simulation/consent:marketing_goes_where_its_topic_is_granted",
    "suppressed": "simulation/consent:a_permanent_bounce_suppresses without_an_address_there_is_nobody_to_send_to",
    "voucher conflict": "simulation/policy:two_messages_of_one_group_never_come_on_one_local_day",
    "frequency cap": "simulation/holds:one_a_day_and_three_in_168_hours "
    "races/races_of_handlers:fifty_campaigns_at_once_never_exceed_a_cap_through_the_handlers "
    "races/races:fifty_campaigns_at_once_never_exceed_a_cap_in_ten_rounds",
    "quiet hours": "simulation/holds:a_message_of_the_night_comes_in_the_morning_and_says_why "
    "the_night_ends_at_eight_also_where_the_clock_changes_in_it",
    "journey open, condition true": "use_cases/last_look:a_journey_left_through_an_exit_sends_nothing_more "
    "a_condition_that_is_no_longer_true_drops",
    "transactional meets 1, 3, 7": "simulation/consent:it_needs_no_consent it_is_stopped_by_suppression "
    "simulation/holds:transactional_messages_neither_count_nor_wait",
    # events
    "cart events": "simulation/carts:events_keep_the_cart an_order_empties_the_cart_whichever_it_names",
    "viewed and purchased": "domain/effects:what_was_viewed_comes_latest_first_and_each_product_once "
    "what_was_bought_is_remembered",
    "dates by events": "domain/effects:orders_set_the_first_and_the_last_date registration_is_a_date "
    "every_event_sets_when_somebody_was_last_seen_and_an_older_one_does_not",
    "refunds": "simulation/thresholds:a_refund_takes_back an_order_nobody_knows_brought_nothing "
    "without_an_order_id_it_subtracts_what_it_computes",
    "a bad trait alone": "simulation/time:a_bad_trait_is_refused_alone a_leap_day_is_a_birthday",
    "older never overwrites newer": "domain/effects:an_older_event_never_overwrites_what_a_newer_one_said",
    "double opt-in": "simulation/consent:double_opt_in_waits_for_the_confirmation",
    "seen once": "simulation/time:each_event_twice_with_another_envelope_gives_the_same_mails "
    "the_same_id_from_another_source_is_another_event",
    "nobody's event starts nothing": "simulation/entry:an_event_without_an_identifier_starts_nothing",
    # fine print
    "holds": "simulation/holds:all_checks_are_made_again it_counts_over_all_holds_together "
    "quiet_hours_alone_never_drop of_messages_requested_at_one_instant_the_higher_priority "
    "an_exit_drops_a_held_message_at_once",
    "a code per message": "stores/vouchers:a_message_gets_one_code_however_often_it_asks",
    "no code left": "simulation/vouchers:a_list_gives_each_of_its_codes_once_and_then_the_mail_is_dropped",
    "a coupon that is ours": "simulation/vouchers:an_order_with_the_code_starts_a_campaign",
    "birthday counts for vouchers": "simulation/policy:it_counts_before_and_after_its_hour "
    "whatever_its_campaign_would_say",
    "thresholds and the highest value": "simulation/thresholds:"
    "history_that_was_loaded_silently_counts_for_the_highest_value_ever set_to_nothing_it_does_not_fire_a_second_time",
    "dates, too late": "simulation/dates:one_that_would_reach_beyond_it_drops_at_once_and_the_journey_goes_on "
    "once_is_not_bound_to_its_day nor_are_later_messages_of_the_journey",
    "dates told after the hour": "simulation/dates:after_its_hour_it_comes_at_once an_old_event_starts_nothing_and_nor_"
    "does_what_follows_it",
    "cron is EventBridge's": "domain/recurrence:cron_as_eventbridge_reads_it nothing_else_is_accepted",
    "chains": "simulation/chains:two_campaigns_that_emit_for_each_other_start_once_each "
    "two_campaigns_that_enter_each_other_start_once_each",
    "late events end what began before them": "simulation/exits_and_waits:what_happened_before_the_start_ends_nothing "
    "what_happened_after_the_start_ends_it_however_late_it_is_told waits_count_from_arrival",
    "types and size": "simulation/time:an_event_with_a_property_of_a_wrong_type_is_refused_and_the_rest_goes_on "
    "an_event_above_32_kilobytes_is_refused",
    "suppression of address and of person": "simulation/consent:a_bounce_is_of_the_address_and_a_new_one_is_free "
    "a_complaint_is_of_the_person_whatever_the_address",
    "carts by id": "simulation/carts:another_cart_id_is_another_cart_and_empty_before",
    "a new profile is in no segment": "simulation/segments:"
    "a_profile_that_nobody_knew_is_in_none_so_its_first_event_may_enter_it",
    "the end of a simulation": "simulation/time:until_is_inclusive "
    "malformed_lines_are_told_by_number_and_the_rest_goes_on",
    "defaults": "simulation/defaults:without_caps_and_quiet_hours_there_are_none "
    "a_message_is_held_48_hours_at_most_where_the_shop_says_nothing priority_is_50_where_a_message_says_nothing "
    "a_goal_has_seven_days_where_it_says_nothing a_profile_enters_a_campaign_once_where_it_says_nothing",
    "product(id), gone or sold out never shown": "use_cases/products_asked:"
    "a_mail_shows_its_products_as_they_are_when_it_is_sent_and_none_that_is_sold_out",
    "recommendations(n), similar(product_id, n)": "simulation/recommendations:"
    "what_others_looked_at_together_is_recommended_from_the_next_night_on "
    "what_was_bought_a_minute_ago_is_not_recommended_any_more "
    "what_is_sold_out_at_the_moment_of_sending_is_not_shown "
    "embedded/recommendations:nights_learn_and_mails_show_what_can_be_bought_when_they_are_sent",
    "product news": "simulation/product_news:"
    "a_lower_price_mails_who_viewed_it_has_it_in_the_cart_or_wished_for_it_and_nobody_else",
    # dampf check
    "check: vouchers without a pool": "campaigns/vouchers:what_is_wrong_across_files_is_told_at_its_place",
    "check: unreachable steps": "campaigns/flow_checks:steps_that_no_journey_comes_to_are_told",
    "check: wait_for without within": "campaigns/flow_checks:a_wait_for_says_how_long",
    "check: loops without a wait": "campaigns/flow_checks:campaigns_that_start_each_other_without_a_wait_are_told",
    "check: names, nearest": "campaigns/flow_checks:names_within_the_data_that_nobody_gives_are_told",
    "check: unused messages, across files": "campaigns/checking:what_the_files_say_together_is_checked",
    "check: breaks caps alone": "campaigns/flow_checks:a_campaign_that_alone_breaks_the_caps_is_told",
    "check: text messages": "campaigns/text_message:check_reads_text_messages",
}


@cache
def claims_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def named(row: str) -> list[tuple[Path, str]]:
    """`folder/file:name name folder/file:name`, without the `test_` of either."""
    found, path = [], TESTS
    for word in row.split():
        file, colon, name = word.rpartition(":")
        if colon:
            folder, _, stem = file.partition("/")
            path = TESTS / folder / f"test_{stem}.py"
        found.append((path, f"test_{name}"))
    return found


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_campaign_language_has_its_tests(row: str) -> None:
    assert named(ROWS[row])
    gone = [f"{path.name}::{name}" for path, name in named(ROWS[row]) if name not in claims_of(path)]
    assert gone == []
