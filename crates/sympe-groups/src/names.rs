//! The names of the values of an enum: one list for files, flags, tables and messages.

/// Defines an enum whose values have names.
///
/// ```
/// sympe_groups::named! {
///     "colour"
///     /// A colour of a light.
///     #[derive(Default)]
///     pub enum Colour {
///         /// Stop.
///         #[default]
///         Red = "red",
///         /// Go, in the dark.
///         DarkGreen = "dark-green",
///     }
/// }
/// assert_eq!(Colour::NAMES, ["red", "dark-green"]);
/// assert_eq!("dark-green".parse(), Ok(Colour::DarkGreen));
/// assert_eq!(Colour::default().about(), "Stop.");
/// let error = "blue".parse::<Colour>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown colour 'blue': expected one of red, dark-green");
/// ```
///
/// The enum is `Clone`, `Copy`, `Debug`, `PartialEq`, `Eq` and `Hash`, and has
///
/// * `ALL`, the values in the order of their definition, and `NAMES`, their names;
/// * `name`, `about` (the first line of the documentation, a whole sentence) and [`Display`](std::fmt::Display), which is
///   the name;
/// * with a literal before it, which says what it is, [`FromStr`](std::str::FromStr), whose error is
///   [`UnknownName`](crate::UnknownName);
/// * with the word `serde` before that, `Serialize` and `Deserialize`, in a crate that depends on `serde`;
/// * with the word `clap` before all, `ValueEnum`, the help being `about` without its full stop, in a crate that depends on
///   `clap`.
#[doc(hidden)]
#[macro_export]
macro_rules! named {
    (clap $($what:literal)? $(#[$meta:meta])* $vis:vis enum $type:ident $values:tt) => {
        $crate::named! { $($what)? $(#[$meta])* $vis enum $type $values }

        impl ::clap::ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &Self::ALL
            }

            fn to_possible_value(&self) -> ::std::option::Option<::clap::builder::PossibleValue> {
                let about = self.about();
                let help = about.strip_suffix('.').unwrap_or(about);
                Some(::clap::builder::PossibleValue::new(self.name()).help(help))
            }
        }
    };
    (serde $what:literal $(#[$meta:meta])* $vis:vis enum $type:ident {
        $(#[doc = $about:literal] $(#[$of_value:meta])* $value:ident = $name:literal,)+
    }) => {
        $crate::named! {
            $what
            $(#[$meta])*
            #[derive(::serde::Serialize, ::serde::Deserialize)]
            $vis enum $type {
                $(#[doc = $about] $(#[$of_value])* #[serde(rename = $name)] $value = $name,)+
            }
        }
    };
    ($what:literal $(#[$meta:meta])* $vis:vis enum $type:ident $values:tt) => {
        $crate::named! { $(#[$meta])* $vis enum $type $values }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                let found = Self::ALL.into_iter().find(|value| value.name() == text);
                found.ok_or_else(|| $crate::UnknownName {
                    what: $what,
                    text: text.to_owned(),
                    names: Self::NAMES.to_vec(),
                })
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis enum $type:ident {
        $(#[doc = $about:literal] $(#[$of_value:meta])* $value:ident = $name:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $type {
            $(#[doc = $about] $(#[$of_value])* $value,)+
        }

        #[allow(dead_code, reason = "a private enum may need but a part of this")]
        impl $type {
            /// All values, in the order of their definition.
            $vis const ALL: [Self; Self::NAMES.len()] = [$(Self::$value),+];

            /// The names of all values, in the same order.
            $vis const NAMES: [&'static str; [$($name),+].len()] = [$($name),+];

            /// The name, as options, files and tables have it.
            #[must_use]
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// What it is, in a sentence.
            #[must_use]
            $vis const fn about(self) -> &'static str {
                match self {
                    $(Self::$value => $about.trim_ascii(),)+
                }
            }
        }

        $(const _: () = assert!(
            matches!($about.trim_ascii().as_bytes(), [.., b'.']),
            concat!("the first line of documentation of '", $name, "' is no whole sentence")
        );)+

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

/// A name that is none of those there are.
///
/// ```
/// use sympe_groups::UnknownName;
/// let error = UnknownName { what: "colour", text: "blue".into(), names: vec!["red", "green"] };
/// assert_eq!(error.to_string(), "unknown colour 'blue': expected one of red, green");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{}': expected one of {}", shorten(text), names.join(", "))]
pub struct UnknownName {
    /// What was to be named.
    pub what: &'static str,
    /// The name.
    pub text: String,
    /// The names there are.
    pub names: Vec<&'static str>,
}

/// A word as an error message shows it: 40 characters at most.
#[doc(hidden)]
#[must_use]
pub fn shorten(word: &str) -> String {
    if word.chars().count() <= 40 {
        word.to_owned()
    } else {
        word.chars().take(37).chain("…".chars()).collect()
    }
}

#[cfg(test)]
mod tests {
    crate::named! {
        serde "light"
        /// A colour of a light.
        #[derive(Default)]
        enum Light {
            /// Stop.
            Red = "red",
            /// Go.
            ///
            /// But look.
            #[default]
            DarkGreen = "dark-green",
        }
    }

    #[test]
    fn one_list_feeds_every_spelling() {
        assert_eq!(Light::ALL, [Light::Red, Light::DarkGreen]);
        assert_eq!(Light::NAMES, ["red", "dark-green"]);
        assert_eq!(Light::ALL.map(Light::about), ["Stop.", "Go."]);
        assert_eq!(Light::default(), Light::DarkGreen);
        for light in Light::ALL {
            assert_eq!(light.to_string(), light.name());
            assert_eq!(light.name().parse(), Ok(light));
            let json = serde_json::to_string(&light).unwrap();
            assert_eq!(json, format!("\"{light}\""));
            assert_eq!(serde_json::from_str::<Light>(&json).unwrap(), light);
        }
        assert_eq!(format!("{:>4}|", Light::Red), " red|");
    }

    #[test]
    fn unknown_names_are_said_with_all_names() {
        let error = |text: &str| text.parse::<Light>().unwrap_err().to_string();
        let errors = [error("blue"), error(&"b".repeat(40)), error(&"b".repeat(41))];
        insta::assert_snapshot!(errors.join("\n"), @r"
        unknown light 'blue': expected one of red, dark-green
        unknown light 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb': expected one of red, dark-green
        unknown light 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…': expected one of red, dark-green
        ");
        let error = serde_json::from_str::<Light>("\"blue\"").unwrap_err();
        insta::assert_snapshot!(error, @"unknown variant `blue`, expected `red` or `dark-green` at line 1 column 6");
    }
}
