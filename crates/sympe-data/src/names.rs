//! One list of names per option.

/// The names of the values of an enum, once: `names!(Type, "what it is", Variant = "name", …)` gives
///
/// * `Type::ALL`, the values in the order of the list, and `Type::NAMES`, their names;
/// * `name(self)`, which the compiler refuses where the list lacks a value;
/// * [`Display`](std::fmt::Display) and [`FromStr`](std::str::FromStr), whose error
///   ([`UnknownName`](crate::DataError::UnknownName)) says what it is and lists the names.
///
/// `names!(serde Type, …)` also gives `Serialize` and `Deserialize` by the same names, in a crate that depends on `serde`.
#[doc(hidden)]
#[macro_export]
macro_rules! names {
    (serde $type:ident, $($rest:tt)+) => {
        $crate::names!($type, $($rest)+);

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?;
                name.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
    ($type:ident, $what:literal, $first:ident = $first_name:literal $(, $variant:ident = $name:literal)* $(,)?) => {
        #[allow(dead_code, unreachable_pub, reason = "the enum may be private, and need but a part of this")]
        impl $type {
            /// All values, in the order of their definition.
            pub const ALL: [Self; Self::NAMES.len()] = [Self::$first $(, Self::$variant)*];

            /// The names of all values, in the same order.
            pub const NAMES: [&'static str; [$first_name $(, $name)*].len()] = [$first_name $(, $name)*];

            /// The name, as options, files and tables have it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::$first => $first_name,
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::DataError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let expected = concat!($first_name $(, ", ", $name)*);
                let found = Self::ALL.into_iter().find(|value| value.name() == text);
                found.ok_or_else(|| $crate::DataError::unknown_name($what, text, expected))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    /// A colour of a light.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Light {
        Red,
        DarkGreen,
    }

    crate::names!(serde Light, "light", Red = "red", DarkGreen = "dark-green");

    #[test]
    fn one_list_feeds_every_spelling() {
        assert_eq!(
            (Light::ALL, Light::NAMES),
            ([Light::Red, Light::DarkGreen], ["red", "dark-green"])
        );
        for light in Light::ALL {
            assert_eq!(light.to_string(), light.name());
            assert_eq!(light.name().parse::<Light>().unwrap(), light);
            let json = serde_json::to_string(&light).unwrap();
            assert_eq!(json, format!("\"{light}\""));
            assert_eq!(serde_json::from_str::<Light>(&json).unwrap(), light);
        }
        let message = "unknown light 'blue': expected one of red, dark-green";
        assert_eq!("blue".parse::<Light>().unwrap_err().to_string(), message);
        let error = serde_json::from_str::<Light>("\"blue\"").unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
        assert_eq!(format!("{:>4}|", Light::Red), " red|");
    }
}
