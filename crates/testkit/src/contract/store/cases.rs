//! The list of cases, and the macro that runs them.

/// Runs the contract of a store against a [`StoreHarness`](crate::contract::store::StoreHarness): one test for each
/// case, in a module for each subject.
#[macro_export]
macro_rules! store_contract {
    (@names) => {
        $crate::store_contract! { @cases [@list] }
    };
    (@list $($subject:ident { $($case:ident,)+ })+) => {
        [$((stringify!($subject), &[$(stringify!($case)),+])),+]
    };
    (@tests [$harness:ty] $($subject:ident { $($case:ident,)+ })+) => {
        $(
            mod $subject {
                use super::*;

                $(
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $case() {
                        $crate::contract::store::$subject::$case::<$harness>().await;
                    }
                )+
            }
        )+
    };
    (@cases [$($emit:tt)+]) => {
        $crate::store_contract! { $($emit)+
            activation_partners {
                an_order_stays_with_the_partner_that_it_was_placed_with,
                each_partner_has_places_of_its_own,
                a_paused_partner_is_given_no_work_until_it_is_resumed,
                a_pause_is_kept_word_for_word_and_begins_once,
                a_long_pause_ends_in_short_steps_that_move_each_clock_once,
                a_resumption_that_was_cut_off_charges_nobody_for_the_rest_of_the_pause,
                two_resumptions_at_once_end_the_pause_once,
                a_pause_does_not_count_against_the_open_orders_of_its_partner,
                open_orders_are_counted_by_partner,
            }
            audit {
                deeds_are_kept_word_for_word,
                every_action_is_known_again,
                the_trail_is_read_newest_first_across_pages,
                an_entry_added_between_two_pages_moves_nothing,
                the_trail_is_narrowed_by_who_what_whom_and_when,
                a_deed_that_was_rolled_back_leaves_no_trace,
            }
            back_office {
                people_are_listed_by_name_and_found_by_its_beginning,
                people_are_found_by_role_and_by_address,
                an_offer_is_saved_with_every_term_and_without,
                the_shelf_shows_what_is_not_for_sale_too,
                everybodys_orders_are_listed_and_narrowed,
                an_order_is_found_by_its_id_its_partner_and_either_of_its_references,
                an_order_file_holds_its_history_its_calls_and_what_it_moved,
                money_that_staff_move_is_in_the_ledger,
                an_order_that_waits_for_a_person_ends_by_the_rules_of_a_worker,
                an_order_that_is_sent_back_is_work_at_once,
                a_check_of_the_ledger_is_kept,
                of_two_edits_at_once_one_sees_the_other,
            }
            callbacks {
                a_report_ends_its_order_whoever_holds_it,
                a_refusal_by_report_returns_the_money,
                a_report_that_is_sent_again_has_no_second_effect,
                two_reports_at_once_have_one_effect,
                a_report_about_nothing_is_kept,
                old_reports_are_forgotten,
            }
            catalogue {
                offers_are_kept_word_for_word,
                an_unknown_offer_is_missing,
                only_what_is_on_sale_is_listed,
                a_list_is_narrowed_by_category_and_price,
                a_text_is_found_in_name_and_description_case_aside,
                wildcards_in_a_text_are_plain_characters,
                every_sort_order_breaks_ties_by_id_across_pages,
                an_offer_added_between_two_pages_moves_nothing,
            }
            concurrency {
                parallel_orders_spend_exactly_the_balance,
                two_buyers_with_one_price_left_are_one_customer,
                due_work_is_claimed_once,
                one_claim_is_settled_once,
                one_key_sent_twice_at_once_has_one_effect,
                a_reader_never_sees_half_a_unit,
            }
            due_user_offers {
                what_has_ended_is_handed_out_the_first_to_end_first,
                two_sweeps_share_the_work,
                a_renewal_is_due_from_its_time_on,
                switching_is_kept_through_every_state,
                what_ends_is_walked_in_chunks,
                what_ends_soon_is_listed_to_its_holder_alone,
                a_subscription_is_shown_to_its_holder_alone,
            }
            idempotency {
                a_record_is_found_in_its_scope_alone,
                a_key_is_taken_once_in_its_scope,
                the_same_request_has_one_effect_and_one_answer,
                old_records_are_forgotten,
                the_oldest_records_are_forgotten_first_and_no_more_than_asked,
            }
            imports {
                rows_that_were_taken_are_known_by_their_table_and_key,
                a_row_is_taken_once,
                who_may_not_log_in_and_what_is_not_sold_is_switched_off,
                orders_from_before_add_up_and_leave_the_balance_alone,
                orders_from_before_are_listed_by_their_time_and_not_by_their_ids,
                a_subscription_from_before_keeps_its_dates,
            }
            incidents {
                a_late_success_is_recorded_once_and_moves_no_money,
                a_refusal_after_success_is_for_a_person,
                an_incident_is_work_until_the_partner_has_undone_it,
                two_processes_share_the_incidents,
                a_paused_partner_is_asked_to_undo_nothing,
                incidents_are_listed_newest_first_across_pages,
            }
            ledger {
                a_wallet_opens_empty,
                wallets_open_in_the_order_of_their_users,
                a_user_has_one_wallet,
                a_top_up_reaches_the_balance,
                accounts_are_locked_once_each_by_ascending_id,
                movements_of_one_batch_add_up,
                an_order_is_charged_once,
                an_order_is_refunded_once,
                a_balance_never_falls_below_zero_whoever_asks,
                a_charge_for_no_order_is_never_committed,
            }
            ledger_audit {
                an_empty_store_is_sound,
                everything_is_counted,
                the_books_are_sound_after_a_random_day,
            }
            notices {
                every_occasion_is_kept,
                the_same_news_is_queued_once,
                an_end_is_warned_of_once_for_each_threshold_and_channel,
                the_same_news_told_twice_at_once_is_queued_once,
                who_has_no_telephone_gets_no_text_message,
                each_channel_has_a_work_list_and_the_longest_waiting_comes_first,
                a_sender_holds_a_notice_until_its_lease_ends,
                due_notices_are_claimed_once,
                every_state_is_kept,
                notices_are_locked_once_each_by_ascending_id,
                a_list_is_narrowed_and_newest_first,
                what_waits_is_counted,
                old_notices_are_forgotten_even_those_that_nobody_has_sent,
                the_end_of_an_order_is_told_in_the_same_commit,
            }
            offer_rules {
                rules_and_translations_are_kept_word_for_word,
                two_buyers_with_one_left_are_one_customer,
                a_failed_order_gives_its_piece_back_and_a_renewal_takes_none,
                a_limit_counts_what_a_customer_has_had,
                what_is_required_must_be_active_and_what_is_excluded_must_not,
                holders_of_an_offer_are_told_from_others,
            }
            partner_orders {
                an_order_is_found_by_the_partners_own_name,
                an_orders_names_are_taken_once,
                a_partners_order_is_shown_with_its_names_and_its_history,
                another_partners_order_is_as_unknown_as_nobodys,
                a_partners_orders_are_listed_newest_first_across_pages,
                a_partners_orders_are_narrowed_by_status_name_and_time,
                a_failed_order_returns_its_money_to_the_settlement_account,
                a_statement_is_paged_newest_first,
                an_order_goes_through_the_batch_with_its_names,
                a_name_sent_twice_at_once_is_one_order,
                the_last_piece_goes_to_a_partners_customer_or_to_another,
            }
            partners {
                a_partner_is_kept_word_for_word,
                a_partners_name_is_taken_once,
                partners_are_listed_with_their_accounts_oldest_first,
                a_settlement_account_is_locked_before_every_wallet,
                a_settlement_account_is_opened_once_and_for_a_partner,
                a_settlement_account_goes_as_low_as_its_credit_limit,
                a_key_is_kept_without_itself,
                keys_are_listed_oldest_first_for_their_partner_alone,
                a_key_keeps_its_first_end_and_its_last_use,
                a_unit_sees_a_key_as_it_is_now,
                credit_reaches_the_balance_and_the_statement,
            }
            queries {
                nobody_has_a_balance_without_a_wallet,
                nobody_sees_what_is_anothers,
                an_order_is_shown_with_its_offer,
                an_offer_is_named_in_every_language_that_it_is_translated_into,
                orders_are_listed_newest_first_across_pages,
                an_order_placed_between_two_pages_moves_nothing,
                orders_are_narrowed_by_status_kind_and_time,
                a_subscription_is_shown_as_it_stands,
                a_period_that_has_ended_is_shown_expired,
                subscriptions_are_listed_newest_first_and_narrowed_by_status,
                a_subscription_opened_between_two_pages_moves_nothing,
                a_renewal_is_an_order_of_its_own,
            }
            renewals {
                a_subscription_is_found_by_itself_and_by_its_offer,
                nobody_renews_what_is_anothers_or_never_ran,
                of_several_subscriptions_the_one_that_ends_last_is_meant,
                a_renewal_extends_from_the_old_end,
                an_expired_subscription_is_renewed_from_now,
                a_failed_renewal_leaves_the_old_end_and_returns_the_money,
                a_renewal_that_is_open_is_seen,
                nobodys_wallet_is_charged_without_a_login_while_they_are_locked_out,
                renewals_and_purchases_share_a_batch,
                two_renewals_at_once_are_one,
            }
            schedules {
                a_job_that_never_ran_is_due,
                two_processes_share_one_run_in_each_period,
                a_job_is_due_again_when_its_period_is_over,
                jobs_do_not_disturb_one_another,
                a_run_that_was_rolled_back_is_still_due,
            }
            sessions {
                a_session_is_kept_with_its_token,
                what_nobody_was_given_is_not_found,
                only_sessions_that_run_are_live,
                a_rotated_token_is_used_and_its_successor_is_not,
                a_token_is_rotated_once,
                a_token_is_presented_with_what_it_was_traded_for,
                a_persons_live_sessions_are_listed_and_locked,
                sessions_end_together,
                a_session_keeps_its_first_end,
                ended_sessions_are_forgotten_with_their_tokens,
                the_sessions_that_ended_first_are_forgotten_first_and_no_more_than_asked,
            }
            status {
                a_status_follows_its_order,
                an_unknown_order_has_no_status,
                versions_are_told_for_many_orders_at_once,
                the_backlog_counts_what_has_not_ended,
                a_store_answers,
            }
            transactions {
                every_state_is_kept_word_for_word,
                an_order_id_is_taken_once,
                orders_are_locked_once_each_by_ascending_id,
                each_transition_leaves_one_entry_in_the_history,
                an_update_from_another_version_is_refused,
                a_final_status_cannot_be_left,
                calls_of_every_answer_are_kept,
            }
            unit_of_work {
                what_a_unit_writes_is_visible_from_its_commit_on,
                a_unit_sees_its_own_writes,
                a_unit_that_is_rolled_back_leaves_nothing,
                a_unit_that_is_dropped_leaves_nothing_and_the_next_one_works,
                a_batch_that_breaks_off_in_the_middle_leaves_nothing,
                nothing_of_a_unit_that_failed_can_be_committed,
                the_stores_clock_never_goes_backwards,
                the_stores_time_is_kept_exactly,
                nothing_is_asked_and_nothing_is_done,
            }
            user_offers {
                a_purchase_opens_a_pending_subscription,
                every_state_is_kept,
                subscriptions_are_locked_by_what_points_to_them,
                an_order_opens_one_subscription,
                holdings_show_what_runs_and_what_is_open,
                a_renewal_extends_the_subscription_that_runs,
            }
            users {
                people_are_kept_word_for_word,
                a_stranger_is_not_found,
                a_unit_finds_people_and_its_own_newcomers,
                a_username_is_taken_once,
                taken_usernames_are_told_all_at_once,
                a_password_is_replaced_for_its_owner_alone,
                how_a_person_is_told_is_changed_for_them_alone,
                what_a_person_may_do_is_changed_for_them_alone,
                credentials_are_locked_once_each_by_ascending_id,
            }
            webhook_deliveries {
                a_replay_and_those_who_send_do_not_wait_for_each_other,
                a_paused_endpoint_collects_and_a_disabled_one_can_have_it_replayed,
                events_about_one_order_are_sent_one_after_the_other,
                an_endpoint_has_so_many_places_and_one_while_it_recovers,
                an_endpoint_with_an_old_backlog_does_not_keep_others_waiting,
                due_deliveries_are_claimed_once,
                every_attempt_is_in_the_log,
                a_test_is_sent_to_its_endpoint_alone,
                what_has_ended_is_queued_again_in_pieces,
                a_replay_looks_at_so_many_events_at_a_time_and_says_where_it_stopped,
                old_events_are_forgotten_with_all_that_belongs_to_them,
            }
            webhooks {
                an_endpoint_is_kept_word_for_word,
                a_deleted_endpoint_is_nowhere,
                the_end_of_an_order_is_written_in_its_commit,
                where_nobody_listens_nothing_is_written,
                the_same_is_written_once,
                a_partner_hears_of_its_own_orders_alone,
                the_ends_of_a_subscription_are_told_to_the_partner_that_sold_it,
            }
            work {
                the_longest_waiting_comes_first_and_no_more_than_asked,
                what_is_not_due_is_not_handed_out,
                leased_work_comes_back_when_its_lease_is_over,
                a_retry_is_due_at_its_time,
                what_was_looked_at_a_moment_ago_can_be_left_out,
                ended_and_parked_orders_are_no_work,
                a_worker_whose_lease_was_lost_cannot_settle,
                work_that_is_given_back_is_taken_at_once_and_asked_about,
                a_claim_that_is_over_cannot_be_given_back,
                an_order_that_nobody_claimed_cannot_be_settled,
                leases_run_by_the_stores_clock,
            }
        }
    };
    ($harness:ty) => {
        $crate::store_contract! { @cases [@tests [$harness]] }
    };
}
