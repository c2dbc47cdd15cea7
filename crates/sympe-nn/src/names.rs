//! Options by name: one list of names for files, flags and messages.

/// Defines an option whose values have names: `$what` is what messages call it. The names of the list are those of
/// `serde`, `Display` and `FromStr` alike.
macro_rules! named {
    ($what:literal $(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$of_value:meta])* $value:ident = $text:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name {
            $($(#[$of_value])* #[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// All values.
            $vis const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The name, as in files and flags.
            #[must_use]
            $vis const fn name(self) -> &'static str {
                match self { $(Self::$value => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> std::result::Result<Self, String> {
                Self::ALL.iter().find(|value| value.name() == text).copied().ok_or_else(|| {
                    let names = Self::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", ");
                    format!(concat!("unknown ", $what, " '{}': expected one of {}"), text, names)
                })
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    named! {
        "colour"
        /// For the test.
        #[derive(Default)]
        enum Colour {
            /// Of grass.
            #[default]
            Green = "green",
            /// Of the sea.
            SeaGreen = "sea-green",
        }
    }

    #[test]
    fn files_flags_and_messages_have_one_list_of_names() {
        for colour in Colour::ALL {
            assert_eq!(colour.to_string().parse(), Ok(*colour));
            let file = serde_json::to_string(colour).unwrap();
            assert_eq!(file, format!("\"{colour}\""));
            assert_eq!(serde_json::from_str::<Colour>(&file).unwrap(), *colour);
        }
        assert_eq!(
            "blue".parse::<Colour>().unwrap_err(),
            "unknown colour 'blue': expected one of green, sea-green"
        );
        assert_eq!(Colour::default(), Colour::Green);
    }
}
