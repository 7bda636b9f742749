//! The words for where an order stands, who ordered it, and why it failed.

string_enum!(
    /// What every client sees of an order.
    Status {
        /// Paid, not yet taken by a worker.
        Pending => "PENDING",
        /// A worker is at it, or will be again.
        Processing => "PROCESSING",
        /// The service is on. Final.
        Success => "SUCCESS",
        /// The service is not on and the money is back. Final.
        Failed => "FAILED",
    }
);

impl Status {
    /// Whether it never changes again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

string_enum!(
    /// The finer story behind a [`Status`].
    SubStatus {
        /// Waiting for a worker.
        Queued => "queued",
        /// A call to the partner is under way.
        Calling => "calling",
        /// The partner was not reached; another call is scheduled.
        RetryScheduled => "retry_scheduled",
        /// The partner took the order and will decide later.
        PartnerPending => "partner_pending",
        /// A call ended without a clear answer; the partner will be asked.
        Unknown => "unknown",
        /// The time for retries is over; the partner is asked from time to time.
        Reconciling => "reconciling",
        /// Only a person can decide.
        NeedsAttention => "needs_attention",
        /// The partner confirmed.
        Confirmed => "confirmed",
        /// The partner refused.
        Refused => "refused",
        /// The order was given up with the partner's word.
        Voided => "voided",
    }
);

impl SubStatus {
    /// Whether the order has ended.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::Refused | Self::Voided)
    }

    /// Whether the order waits for a person.
    pub fn is_parked(self) -> bool {
        self == Self::NeedsAttention
    }
}

string_enum!(
    /// What an order is for.
    TransactionKind {
        /// A new subscription.
        Purchase => "purchase",
        /// A longer subscription.
        Renewal => "renewal",
    }
);

string_enum!(
    /// Who ordered.
    Channel {
        /// The customer.
        Customer => "customer",
        /// A partner, through its API.
        Partner => "partner",
    }
);

string_enum!(
    /// Where an order that is being processed stands. Spelled as its [`SubStatus`].
    Phase {
        /// See [`SubStatus::Calling`].
        Calling => "calling",
        /// See [`SubStatus::RetryScheduled`].
        RetryScheduled => "retry_scheduled",
        /// See [`SubStatus::PartnerPending`].
        PartnerPending => "partner_pending",
        /// See [`SubStatus::Unknown`].
        Unknown => "unknown",
        /// See [`SubStatus::Reconciling`].
        Reconciling => "reconciling",
        /// See [`SubStatus::NeedsAttention`].
        NeedsAttention => "needs_attention",
    }
);

string_enum!(
    /// Why an order failed.
    FailureKind {
        /// The activation partner said no.
        Refused => "partner_refused",
        /// The activation partner could not be reached in time and the order was voided.
        Unavailable => "partner_unavailable",
    }
);
