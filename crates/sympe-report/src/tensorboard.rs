//! Curves for TensorBoard: the records of its event files, each a length, a payload and their checksums. The payload is a small
//! protocol buffer, `Event { wall_time = 1, step = 2, file_version = 3 or summary = 5 }`.

/// The record that an event file begins with, written at `time`, in seconds since 1970.
#[must_use]
pub fn start(time: f64) -> Vec<u8> {
    let mut version = Vec::new();
    bytes_field(&mut version, 3, b"brain.Event:2");
    record(&event(time, 0, &version))
}

/// The record of one value of the curve `tag`, measured after `step` steps at `time`, in seconds since 1970.
///
/// ```
/// use sympe_report::tensorboard::{scalar, start};
/// // `tensorboard --logdir FOLDER` shows FOLDER/events.out.tfevents.1.mine with this content.
/// let file = [start(0.0), scalar(1.0, 100, "train/loss", 0.5), scalar(2.0, 200, "train/loss", 0.25)].concat();
/// assert_eq!(file.windows(10).filter(|part| part == b"train/loss").count(), 2);
/// ```
#[must_use]
pub fn scalar(time: f64, step: u64, tag: &str, value: f64) -> Vec<u8> {
    let mut entry = Vec::new();
    bytes_field(&mut entry, 1, tag.as_bytes());
    key(&mut entry, 2, 5);
    entry.extend_from_slice(&(value as f32).to_le_bytes());
    let mut summary = Vec::new();
    bytes_field(&mut summary, 1, &entry);
    let mut body = Vec::new();
    bytes_field(&mut body, 5, &summary);
    record(&event(time, step, &body))
}

fn event(time: f64, step: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    key(&mut bytes, 1, 1);
    bytes.extend_from_slice(&time.to_le_bytes());
    key(&mut bytes, 2, 0);
    varint(&mut bytes, step);
    bytes.extend_from_slice(body);
    bytes
}

fn record(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length), payload, &masked_crc(payload)].concat()
}

fn key(bytes: &mut Vec<u8>, field: u64, wire: u64) {
    varint(bytes, field << 3 | wire);
}

fn bytes_field(bytes: &mut Vec<u8>, field: u64, content: &[u8]) {
    key(bytes, field, 2);
    varint(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The rotated and shifted CRC-32C of the record format.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xA282_EAD8)
        .to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a record back, checking both checksums.
    fn payload(record: &[u8]) -> &[u8] {
        let length = u64::from_le_bytes(record[..8].try_into().unwrap()) as usize;
        assert_eq!(record[8..12], masked_crc(&record[..8]));
        let payload = &record[12..12 + length];
        assert_eq!(record[12 + length..], masked_crc(payload));
        payload
    }

    #[test]
    fn records_have_valid_checksums_and_hold_the_values() {
        assert!(payload(&start(0.0)).ends_with(b"brain.Event:2"));
        for (tag, value) in [("train/epoch_loss", 2.5), ("validation/bce", 1.5)] {
            let record = scalar(7.5, 300, tag, value);
            let payload = payload(&record);
            assert_eq!(payload[1..9], 7.5f64.to_le_bytes());
            // The step, 300, is a varint; the summary ends with tag and value.
            assert_eq!(payload[9..12], [0x10, 0xAC, 0x02]);
            let tail = [tag.as_bytes(), &[0x15], &(value as f32).to_le_bytes()].concat();
            assert!(payload.ends_with(&tail), "{tag}");
        }
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        // CRC-32C of "123456789" is 0xE3069283.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }
}
