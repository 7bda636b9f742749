//! What is said about each failure of a command or a start.

use offers_http::{Entry, Titles};

pub(super) const SETTING_REFUSED: Entry = Entry {
    code: "setting_refused",
    title: Titles { en: "Setting refused", fr: "Paramètre refusé" },
    explanation: "A setting is unknown, missing, of the wrong kind, or contradicts another one. The sentence names it.",
    more: "Nothing was started and nothing was done.",
    remedy: "Correct it where it comes from: the settings file, the environment, or a flag. \
             `offers config check` names every mistake and its place, and [settings.md](settings.md) lists every setting.",
};

pub(super) const USAGE: Entry = Entry {
    code: "usage",
    title: Titles { en: "Wrong use of the command", fr: "Mauvais usage de la commande" },
    explanation: "The command was asked for something that does not exist.",
    more: "",
    remedy: "Use what the sentence suggests, or read what `--help` says.",
};

pub(super) const ADDRESS_IN_USE: Entry = Entry {
    code: "address_in_use",
    title: Titles { en: "Address in use", fr: "Adresse déjà utilisée" },
    explanation: "Another program listens on the address already.",
    more: "Often it is another `offers` that was not stopped.",
    remedy: "Stop the other program, or choose another address with the flag that the sentence names.",
};

pub(super) const CANNOT_LISTEN: Entry = Entry {
    code: "cannot_listen",
    title: Titles { en: "Cannot listen", fr: "Écoute impossible" },
    explanation: "The system does not let the program listen on the address.",
    more: "A port below 1024 needs a right of its own, and an address must belong to this machine.",
    remedy: "Choose another address, or give the program the right.",
};

pub(super) const DATA_FOLDER_UNUSABLE: Entry = Entry {
    code: "data_folder_unusable",
    title: Titles { en: "Data folder unusable", fr: "Dossier de données inutilisable" },
    explanation: "The data folder cannot be made, or not be written.",
    more: "It keeps the embedded database and the signing key. It is made for its owner alone.",
    remedy: "Choose another one with `--data-dir`, or give it to the user who runs the program. `offers doctor` \
             looks at its rights and its free space.",
};

pub(super) const STORE_UNUSABLE: Entry = Entry {
    code: "store_unusable",
    title: Titles { en: "Store unusable", fr: "Base de données inutilisable" },
    explanation: "The database does not answer, refuses the program, is not what this program needs, or is used by \
                  another server.",
    more: "The sentence says which. A program works only on a schema that is exactly its own, and on a server that \
           does not lose commits.",
    remedy: "`offers doctor` looks at each of these by itself. If migrations are missing, run `offers migrate` with a \
             role that may change the schema.",
};

pub(super) const SETUP_FAILED: Entry = Entry {
    code: "setup_failed",
    title: Titles { en: "Setup failed", fr: "Mise en place impossible" },
    explanation: "A part of the program could not be set up, for example because a file that it needs cannot be used.",
    more: "",
    remedy: "Do what the sentence says. If it names no file and no setting, report it.",
};

pub(super) const LEDGER_DIFFERS: Entry = Entry {
    code: "ledger_differs",
    title: Titles { en: "The ledger does not add up", fr: "Les comptes ne sont pas justes" },
    explanation: "`offers verify` found rows that contradict each other: a balance that is not the sum of its transfers, \
                  an order without its charge, or the like. Each is named before the sentence.",
    more: "The program does not write such rows; they come from a change by hand or a damaged disk.",
    remedy: "Stop selling, keep a copy of the database, and find out who wrote the rows that are named. Correct money \
             with credits and debits (`offers users credit`), never by changing rows.",
};

pub(super) const UNWELL: Entry = Entry {
    code: "unwell",
    title: Titles { en: "A check fails", fr: "Un contrôle échoue" },
    explanation: "`offers doctor` found something with which the program does not start or does not work, or \
                  `offers healthcheck` found no server that wants work.",
    more: "",
    remedy: "Do what stands as the fix below each line of `offers doctor` that begins with `fail`.",
};

pub(super) const COMMAND_FAILED: Entry = Entry {
    code: "command_failed",
    title: Titles { en: "Command failed", fr: "Échec de la commande" },
    explanation: "The command did not do what it was asked for; the sentence says why.",
    more: "What was done before stands in the audit trail (`offers audit`).",
    remedy: "Do what the sentence says, and run the command again.",
};

/// Every failure, in the order of its exit code.
pub(super) const ALL: [(u8, &Entry); 10] = [
    (1, &ADDRESS_IN_USE),
    (1, &CANNOT_LISTEN),
    (1, &DATA_FOLDER_UNUSABLE),
    (1, &STORE_UNUSABLE),
    (1, &SETUP_FAILED),
    (1, &LEDGER_DIFFERS),
    (1, &UNWELL),
    (1, &COMMAND_FAILED),
    (2, &SETTING_REFUSED),
    (2, &USAGE),
];
