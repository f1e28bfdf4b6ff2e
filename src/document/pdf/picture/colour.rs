//! How light the colours of a colour space are (ISO 32000-1, 8.6).
//!
//! Gray values for reading, not for looking at: profiles are taken for the device space with
//! as many components, and inks for black ones.

use lopdf::{Dictionary, Object};

use super::super::objects::{Objects, as_integer, as_name};
use crate::document::picture::raster::light;

/// Colour spaces inside each other that are followed.
const DEPTH_MAX: usize = 8;

/// A colour space, as far as its light goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Space {
    Gray,
    Rgb,
    Cmyk,
    Lab,
    /// So many inks, 1 being full ink.
    Inks(usize),
    /// The light of each index.
    Indexed(Vec<u8>),
}

impl Space {
    /// The space of a picture; `None` where it names none or a strange one.
    pub(super) fn of<'a>(objects: &Objects<'a>, object: &'a Object, depth: usize) -> Option<Self> {
        let object = objects.resolve(object);
        if let Some(name) = as_name(object) {
            return Self::named(name);
        }
        let Object::Array(items) = object else { return None };
        let part = |index: usize| items.get(index).map(|item| objects.resolve(item));
        let next = |index: usize| match depth < DEPTH_MAX {
            true => Self::of(objects, items.get(index)?, depth + 1),
            false => None,
        };
        match as_name(part(0)?)? {
            b"ICCBased" => {
                let Object::Stream(profile) = part(1)? else { return None };
                match objects.integer(&profile.dict, b"N")? {
                    1 => Some(Self::Gray),
                    3 => Some(Self::Rgb),
                    4 => Some(Self::Cmyk),
                    _ => None,
                }
            }
            b"Separation" => Some(Self::Inks(1)),
            b"DeviceN" => match part(1)? {
                Object::Array(names) => Some(Self::Inks(names.len().clamp(1, 32))),
                _ => None,
            },
            b"Indexed" | b"I" => {
                let base = next(1)?;
                let count = usize::try_from(as_integer(part(2)?)?).ok()?.min(255) + 1;
                let bytes = match part(3)? {
                    Object::String(bytes, _) => bytes.clone(),
                    Object::Stream(stream) => objects.decode(stream).into_owned(),
                    _ => return None,
                };
                let colours = bytes.chunks(base.components());
                let lights = colours.take(count).map(|colour| base.light(colour));
                Some(Self::Indexed(lights.collect()))
            }
            name => Self::named(name),
        }
    }

    fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"DeviceGray" | b"G" | b"CalGray" => Some(Self::Gray),
            b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Self::Rgb),
            b"DeviceCMYK" | b"CMYK" | b"CalCMYK" => Some(Self::Cmyk),
            b"Lab" => Some(Self::Lab),
            _ => None,
        }
    }

    pub(super) fn components(&self) -> usize {
        match self {
            Self::Gray | Self::Indexed(_) => 1,
            Self::Rgb | Self::Lab => 3,
            Self::Cmyk => 4,
            Self::Inks(count) => *count,
        }
    }

    /// The light of a colour whose components run from 0 to 255; of an index, the index.
    pub(super) fn light(&self, colour: &[u8]) -> u8 {
        match (self, colour) {
            (Self::Gray, [gray, ..]) => *gray,
            (Self::Rgb, &[red, green, blue, ..]) => light(red, green, blue),
            (Self::Cmyk, &[cyan, magenta, yellow, black, ..]) => {
                let colours = u16::from(255 - light(cyan, magenta, yellow));
                (colours * u16::from(255 - black) / 255) as u8
            }
            (Self::Lab, [lightness, ..]) => *lightness,
            (Self::Inks(_), inks) => {
                let left = inks.iter().fold(255_u16, |left, ink| left * u16::from(255 - ink) / 255);
                left as u8
            }
            (Self::Indexed(lights), [index, ..]) => {
                lights.get(usize::from(*index)).copied().unwrap_or(255)
            }
            _ => 255,
        }
    }
}

/// The `Decode` array of a picture: what the lowest and the highest sample of each component
/// mean, from 0 to 1.
pub(super) fn decode_array<'a>(objects: &Objects<'a>, dict: &'a Dictionary) -> Vec<(f64, f64)> {
    let items = objects.array(dict, b"Decode").or_else(|| objects.array(dict, b"D"));
    let number = |item: &'a Object| super::super::objects::as_number(objects.resolve(item));
    let pairs = items.unwrap_or_default().chunks(2);
    pairs
        .filter_map(|pair| match pair {
            [low, high] => Some((number(low)?, number(high)?)),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Space;

    #[test]
    fn full_ink_is_dark_in_every_space() {
        for (space, black, white) in [
            (Space::Gray, vec![0], vec![255]),
            (Space::Rgb, vec![0, 0, 0], vec![255, 255, 255]),
            (Space::Cmyk, vec![0, 0, 0, 255], vec![0, 0, 0, 0]),
            (Space::Inks(2), vec![255, 0], vec![0, 0]),
            (Space::Lab, vec![0, 128, 128], vec![255, 128, 128]),
            (Space::Indexed(vec![255, 0]), vec![1], vec![0]),
        ] {
            assert_eq!((space.light(&black), space.light(&white)), (0, 255), "{space:?}");
            assert_eq!(space.components(), black.len());
        }
    }
}
