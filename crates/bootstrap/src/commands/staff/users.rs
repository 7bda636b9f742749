//! `offers users …`: people, their locks, roles and passwords, and the money in their wallets.

use std::io::{BufRead, Write};

use clap::{Args, Subcommand};
use offers_application::identity::{AccessChange, Origin};
use offers_application::seen::Seen;
use offers_application::staff::{Adjusted, AdjustmentRequest, Respond};
use offers_domain::adjustment::{Adjustment, Direction};
use offers_domain::money::Amount;
use offers_domain::ports::UserFilter;
use offers_domain::user::{Role, User, Username};
use offers_http::shown::{MovementBody, UserBody, moved};

use super::{Format, Part, Why, deed, failed, mention_the_server, show};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::commands::{Once, password, say};
use crate::settings::Settings;
use crate::staff::Desk;

/// What a server on an embedded store keeps of a login.
const LOGINS: &str = "logins that it knows for up to ten minutes, but for orders";

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum UsersCommand {
    /// List people by username
    List {
        /// Those whose username begins with this
        #[arg(long, value_name = "TEXT")]
        prefix: Option<String>,
        /// Those with this role: customer, staff or superuser
        #[arg(long)]
        role: Option<Role>,
        /// Those after this username
        #[arg(long, value_name = "USERNAME")]
        after: Option<String>,
        /// Which part of the list.
        #[command(flatten)]
        part: Part,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Show one person and what the wallet holds
    Show {
        /// Who
        username: String,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Lock somebody out
    Lock {
        /// Who
        username: String,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Let somebody in again
    Unlock {
        /// Who
        username: String,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Let somebody do more, or less
    Role {
        /// Who
        username: String,
        /// What they may do: customer, staff or superuser
        role: Role,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Give somebody a new password; it is asked for, or read from standard input where that is no terminal
    ResetPassword {
        /// Who
        username: String,
        /// Read the password from standard input, even from a terminal
        #[arg(long)]
        password_stdin: bool,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Add money to somebody's wallet
    Credit(MoneyArguments),
    /// Take money from somebody's wallet
    Debit(MoneyArguments),
}

/// Which money moves, and why.
#[derive(Debug, Clone, Args)]
pub struct MoneyArguments {
    /// Whose wallet
    username: String,
    /// How much, such as 25.00
    amount: String,
    /// Why.
    #[command(flatten)]
    why: Why,
    /// What the command is called.
    #[command(flatten)]
    once: Once,
    /// How it is printed.
    #[command(flatten)]
    format: Format,
}

/// Does what is asked and says what was done.
pub async fn users(
    settings: &Settings,
    command: UsersCommand,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let desk = Desk::open(settings).await?;
    match command {
        UsersCommand::List { prefix, role, after, part, format } => {
            let filter = UserFilter { prefix, role, email: None };
            let after = after.map(|name| Username::try_new(&name)).transpose().map_err(failed)?;
            let page = desk.base.queries.users(&filter, &part.page(after)?).await.map_err(failed)?;
            page.items.into_iter().try_for_each(|user| {
                let line = line(&user);
                show(output, format, &UserBody::from(user), &line)
            })
        }
        UsersCommand::Show { username, format } => {
            let user = desk.person(&username).await?;
            let balance = desk.base.queries.balance(user.id).await.map_err(failed)?;
            let wallet = balance.map_or("no wallet".into(), |wallet| {
                format!("{} {}", wallet.balance, wallet.balance.currency())
            });
            let line = format!("{}, wallet {wallet}", line(&user));
            show(output, format, &UserBody::from(user), &line)
        }
        UsersCommand::Lock { username, why } => {
            desk.change(&username, AccessChange::Lock, &why, "locked out", output).await?;
            mention_the_server(settings, LOGINS);
            Ok(())
        }
        UsersCommand::Unlock { username, why } => {
            desk.change(&username, AccessChange::Unlock, &why, "let in", output).await
        }
        UsersCommand::Role { username, role, why } => {
            let done = format!("gave the role {role} to");
            desk.change(&username, AccessChange::Role(role), &why, &done, output).await?;
            mention_the_server(settings, LOGINS);
            Ok(())
        }
        UsersCommand::ResetPassword { username, password_stdin, why } => {
            let user = desk.person(&username).await?;
            let (reason, origin) = (why.reason()?, Origin::default());
            let password = password::read(password_stdin, input)?;
            let reset =
                desk.reset_password.run(user.id, &password, &Seen::whatever(), deed(&reason, &origin)).await;
            reset.map_err(failed)?;
            say(output, &format!("gave {username} a new password"))?;
            mention_the_server(settings, LOGINS);
            Ok(())
        }
        UsersCommand::Credit(money) => desk.adjust(Direction::Credit, &money, output).await,
        UsersCommand::Debit(money) => desk.adjust(Direction::Debit, &money, output).await,
    }
}

impl Desk {
    async fn change(
        &self,
        username: &str,
        change: AccessChange,
        why: &Why,
        done: &str,
        output: &mut dyn Write,
    ) -> Result<(), StartError> {
        let user = self.person(username).await?;
        let (reason, origin) = (why.reason()?, Origin::default());
        self.manage_access
            .run(user.id, change, &Seen::whatever(), deed(&reason, &origin))
            .await
            .map_err(failed)?;
        say(output, &format!("{done} {username}"))
    }

    async fn adjust(
        &self,
        direction: Direction,
        MoneyArguments { username, amount, why, once, format }: &MoneyArguments,
        output: &mut dyn Write,
    ) -> Result<(), StartError> {
        let user = self.person(username).await?;
        let amount = Amount::parse(amount, self.base.currency)
            .map_err(|error| failed(format!("the amount {error}")))?;
        let (reason, origin) = (why.reason()?, Origin::default());
        let adjustment = Adjustment { direction, amount };
        let about = [user.id.to_string(), amount.money().to_string(), reason.as_str().to_owned()];
        let route = match direction {
            Direction::Credit => "offers users credit",
            Direction::Debit => "offers users debit",
        };
        let handle = once.handle(route, &about.each_ref().map(String::as_str));
        let handle = handle.as_ref().map(|handle| (handle, moved as Respond));
        let request = AdjustmentRequest { user: user.id, adjustment, handle };
        let adjusted = self.staff.adjust_wallet.run(request, deed(&reason, &origin)).await;
        let movement = match adjusted.map_err(failed)? {
            Adjusted::Fresh(movement) => movement,
            Adjusted::Replayed(before) if format.json => return say(output, &before.body),
            Adjusted::Replayed(before) => {
                return say(output, &format!("was done before, and nothing moved: {}", before.body));
            }
        };
        let (money, currency) = (amount.money(), amount.currency());
        let (done, way) = match direction {
            Direction::Credit => ("added", "to"),
            Direction::Debit => ("took", "from"),
        };
        let line = format!(
            "{done} {money} {currency} {way} the wallet of {username}, which holds {} {currency} now",
            movement.balance
        );
        show(output, *format, &MovementBody::from(&movement), &line)
    }
}

fn line(user: &User) -> String {
    let state = if user.is_active { "active" } else { "locked" };
    format!("{}  {}  {}  {state}  {}", user.id, user.username, user.role, user.email)
}
