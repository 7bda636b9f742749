//! Follows every link of the built book. A link to a file of the repository that is no page gets a copy of that file, so
//! that the book is whole wherever it is put.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::build::files;
use crate::error::BookError;

/// Copies of files outside the book go here.
const FILES: &str = "files";

/// Follows the links of every page; how many there were.
pub(crate) fn follow(root: &Path, target: &Path) -> Result<usize, BookError> {
    let mut pages = BTreeMap::new();
    for path in files(target)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "html")) {
        let text = std::fs::read_to_string(&path).map_err(|reason| failed(&path, reason))?;
        pages.insert(path, text);
    }
    let anchors: BTreeMap<PathBuf, BTreeSet<String>> =
        pages.iter().map(|(path, text)| (path.clone(), values(text, "id").collect())).collect();
    let trail = Trail { root, target, anchors };
    let (mut followed, mut broken) = (0, Vec::new());
    for (path, text) in &pages {
        // Both repeat the pages in another place, from where relative links lead elsewhere.
        if [target.join("print.html"), target.join("404.html"), target.join("toc.html")].contains(path) {
            continue;
        }
        let mut changed = text.clone();
        for link in values(text, "href").chain(values(text, "src")).collect::<BTreeSet<_>>() {
            followed += 1;
            match trail.end(path, &link)? {
                End::There => {}
                End::Copied(to) => {
                    changed = changed.replace(&format!("href=\"{link}\""), &format!("href=\"{to}\""));
                }
                End::Nowhere => {
                    let page = path.strip_prefix(target).unwrap_or(path);
                    broken.push(format!("  {}: {link}", page.display()));
                }
            }
        }
        if changed != *text {
            std::fs::write(path, changed).map_err(|reason| failed(path, reason))?;
        }
    }
    if broken.is_empty() { Ok(followed) } else { Err(BookError::Broken(broken)) }
}

fn failed(path: &Path, reason: std::io::Error) -> BookError {
    BookError::File { path: path.to_owned(), reason }
}

/// Where a link ends.
enum End {
    There,
    /// In a file that was copied; the link to the copy.
    Copied(String),
    Nowhere,
}

struct Trail<'a> {
    root: &'a Path,
    target: &'a Path,
    /// The headings of each page.
    anchors: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Trail<'_> {
    fn end(&self, page: &Path, link: &str) -> Result<End, BookError> {
        if ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
            return Ok(End::There);
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let folder = page.parent().and_then(|folder| folder.strip_prefix(self.target).ok());
        let folder = folder.unwrap_or(Path::new(""));
        let place =
            if file.is_empty() { page.to_owned() } else { plain(&self.target.join(folder).join(file)) };
        if place.is_file() {
            let known = self.anchors.get(&place).is_none_or(|anchors| anchors.contains(anchor));
            return Ok(if anchor.is_empty() || known { End::There } else { End::Nowhere });
        }
        self.copy(folder, file)
    }

    /// Copies the file of the repository that a page in this folder means, if there is one, or lists the files of the folder
    /// that it means. Headings are not looked for.
    fn copy(&self, folder: &Path, file: &str) -> Result<End, BookError> {
        let meant = plain(&self.root.join("docs").join(folder).join(file));
        // The builder takes every text for a page of its own.
        let meant = [meant.with_extension("md"), meant].into_iter().find(|path| path.exists());
        let Some((meant, inside)) =
            meant.as_deref().and_then(|path| Some((path, path.strip_prefix(self.root).ok()?)))
        else {
            return Ok(End::Nowhere);
        };
        // As text, which every browser shows.
        let copy = Path::new(FILES).join(format!("{}.txt", inside.display()));
        let to = self.target.join(&copy);
        let parent = to.parent().unwrap_or(self.target);
        std::fs::create_dir_all(parent).map_err(|reason| failed(parent, reason))?;
        let done = if meant.is_dir() {
            std::fs::write(&to, listing(self.root, meant)?)
        } else {
            std::fs::copy(meant, &to).map(drop)
        };
        done.map_err(|reason| failed(&to, reason))?;
        Ok(End::Copied(format!("{}{}", "../".repeat(folder.components().count()), copy.display())))
    }
}

/// The files below a folder of the repository, one a line.
fn listing(root: &Path, folder: &Path) -> Result<String, BookError> {
    let files = files(folder)?;
    let names = files.iter().map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string());
    Ok(names.collect::<Vec<_>>().join("\n"))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The values of an attribute.
fn values<'a>(text: &'a str, attribute: &str) -> impl Iterator<Item = String> + use<'a> {
    let opening = format!(" {attribute}=\"");
    let rest: Vec<_> = text.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    rest.into_iter().map(|value| value.replace("&amp;", "&"))
}
