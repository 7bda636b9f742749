//! People.

use super::{Note, Refusal, SourcePassword, SourceUser, Taken};
use crate::user::{Email, Locale, NewUser, Role, Username};

/// What no password matches.
const UNUSABLE: &str = "!";

/// A person to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// The person.
    pub user: NewUser,
    /// Whether they may log in.
    pub is_active: bool,
}

/// The person of a row. Whoever has no address gets one that leads nowhere (RFC 2606), because the wallet must not be lost
/// for it.
pub fn newcomer(row: &SourceUser) -> Result<Taken<Newcomer>, Refusal> {
    let mut notes = Vec::new();
    let username = Username::try_new(&row.username)?;
    let email = if let Ok(email) = Email::try_new(row.email.trim()) {
        email
    } else {
        let address = format!("user-{}@no-email.invalid", row.id);
        notes.push(Note::NoEmail(address.clone()));
        Email::try_new(&address)?
    };
    let password_hash = match &row.password {
        SourcePassword::Hash(hash) => hash.clone(),
        SourcePassword::Unusable => {
            notes.push(Note::NoPassword);
            UNUSABLE.to_owned()
        }
    };
    let role = match (row.is_superuser, row.is_staff) {
        (true, _) => Role::Superuser,
        (false, true) => Role::Staff,
        (false, false) => Role::Customer,
    };
    let user = NewUser {
        username,
        email,
        phone: None,
        password_hash,
        role,
        locale: Locale::En,
        joined_at: row.joined_at,
    };
    Ok(Taken { value: Newcomer { user, is_active: row.is_active }, notes })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn row() -> SourceUser {
        SourceUser {
            id: 7,
            username: "anna".into(),
            email: "anna@example.com".into(),
            password: SourcePassword::Hash("$argon2id$".into()),
            is_staff: false,
            is_superuser: false,
            is_active: true,
            joined_at: datetime!(2024-01-01 0:00 UTC),
        }
    }

    #[test]
    fn a_person_is_taken_as_they_are() {
        let taken = newcomer(&row()).unwrap();
        assert_eq!((taken.value.user.username.as_str(), taken.value.is_active), ("anna", true));
        assert_eq!((taken.value.user.role, taken.value.user.joined_at), (Role::Customer, row().joined_at));
        assert_eq!(taken.notes, []);
    }

    #[test]
    fn flags_become_one_role() {
        for (is_staff, is_superuser, role) in
            [(true, false, Role::Staff), (true, true, Role::Superuser), (false, true, Role::Superuser)]
        {
            let taken = newcomer(&SourceUser { is_staff, is_superuser, ..row() }).unwrap();
            assert_eq!(taken.value.user.role, role);
        }
    }

    #[test]
    fn who_has_no_address_or_password_is_taken_with_a_note() {
        let bare = SourceUser { email: String::new(), password: SourcePassword::Unusable, ..row() };
        let taken = newcomer(&bare).unwrap();
        let address = "user-7@no-email.invalid";
        assert_eq!(taken.value.user.email.as_str(), address);
        assert_eq!(taken.notes, [Note::NoEmail(address.into()), Note::NoPassword]);
    }

    #[test]
    fn a_name_that_nobody_could_have_here_is_refused() {
        let spaced = SourceUser { username: "anna k".into(), ..row() };
        assert!(matches!(newcomer(&spaced), Err(Refusal::User(_))));
    }
}
