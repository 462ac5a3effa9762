//! What the pages of a column promise, held against what they can be.
//!
//! A column of a Parquet file is a row of pages, each behind a header with its sizes. The reader makes room for what
//! a header says before it looks at the page, and a size of 2⁶¹ bytes ends the whole process. So the headers are read
//! here first, and no page is.

use std::{
    fs::File,
    io::{BufReader, Seek, SeekFrom},
    ops::Range,
};

use polars_parquet_format::{PageHeader, thrift::protocol::TCompactInputProtocol};

/// The most bytes of a page, when it is unpacked: 1 GiB.
const PAGE_BYTES: u64 = 1 << 30;

/// Bytes that a page may be unpacked to whatever its length: pages have a mebibyte as a rule, and of one that says the
/// same again and again little is left.
const SMALL_PAGE: u64 = 16 << 20;

/// Bytes that one byte of a larger page may be unpacked to, which is what Deflate makes of one at the very most.
const MOST_OF_A_BYTE: u64 = 1032;

/// The most values of a column in one part of the file.
const VALUES: u64 = 1 << 26;

/// The most bytes of a header, which holds the least and the greatest value of its page.
const HEADER_BYTES: usize = 1 << 20;

/// Fails unless the headers of a column fit their place in the file, its number of values, and the bytes that it says
/// it is unpacked to.
///
/// # Errors
/// What does not fit, in a few words.
pub(super) fn check(file: &File, place: Range<u64>, values: i64, unpacked: u64) -> Result<(), String> {
    let values = u64::try_from(values).ok().filter(|values| *values <= VALUES);
    let values = values.ok_or("a column has an impossible number of values")?;
    let mut reader = BufReader::with_capacity(256, file);
    let mut at = reader.seek(SeekFrom::Start(place.start)).map_err(|e| e.to_string())?;
    let mut left = values;
    let mut room = unpacked;
    while left > 0 && at < place.end {
        let mut protocol = TCompactInputProtocol::new(&mut reader, HEADER_BYTES);
        let header = PageHeader::read_from_in_protocol(&mut protocol).map_err(|_| "a page has no header")?;
        let size = sizes(&header, left).ok_or("a page has an impossible size")?;
        left -= size.values;
        room = room.checked_sub(size.unpacked).ok_or("a column has more bytes than it says")?;
        at = reader.seek(SeekFrom::Current(size.bytes as i64)).map_err(|e| e.to_string())?;
        if at > place.end {
            return Err("a page is longer than its column".into());
        }
    }
    Ok(())
}

/// What a page takes.
struct Size {
    /// In the file, behind the header.
    bytes: u64,
    /// In memory.
    unpacked: u64,
    /// Of the values of the column.
    values: u64,
}

/// The sizes of a page of a column with so many values left; none when they cannot be.
fn sizes(header: &PageHeader, left: u64) -> Option<Size> {
    let bytes = u64::try_from(header.compressed_page_size).ok()?;
    let most = bytes.saturating_mul(MOST_OF_A_BYTE).clamp(SMALL_PAGE, PAGE_BYTES);
    let unpacked = u64::try_from(header.uncompressed_page_size).ok().filter(|bytes| *bytes <= most)?;
    let up_to = |number: i32, most: u64| u64::try_from(number).ok().filter(|number| *number <= most);
    if let Some(dictionary) = &header.dictionary_page_header {
        // Each word takes room, but for the empty one.
        up_to(dictionary.num_values, unpacked + 1)?;
    }
    let first = header.data_page_header.as_ref().map(|page| page.num_values);
    let second = header.data_page_header_v2.as_ref();
    if let Some(page) = second {
        up_to(page.num_nulls, left)?;
        up_to(page.num_rows, left)?;
        let levels = [page.definition_levels_byte_length, page.repetition_levels_byte_length];
        levels.into_iter().try_fold(bytes, |room, level| Some(room - up_to(level, room)?))?;
    }
    let each = [first, second.map(|page| page.num_values)];
    let each = each.into_iter().flatten().map(|values| up_to(values, left));
    let values = each.collect::<Option<Vec<u64>>>()?.into_iter().max().unwrap_or(0);
    Some(Size { bytes, unpacked, values })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use polars_parquet_format::{
        DataPageHeader, Encoding, PageType, thrift::protocol::TCompactOutputProtocol,
    };

    use super::*;

    /// A column of pages of so many bytes each, which say that they are unpacked to so many, and have ten values.
    fn checked(pages: &[(i32, i32)], values: i64, unpacked: u64) -> Result<(), String> {
        let mut file = tempfile::tempfile().unwrap();
        for &(bytes, unpacked) in pages {
            let page = DataPageHeader {
                num_values: 10,
                encoding: Encoding::PLAIN,
                definition_level_encoding: Encoding::RLE,
                repetition_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let header = PageHeader {
                type_: PageType::DATA_PAGE,
                uncompressed_page_size: unpacked,
                compressed_page_size: bytes,
                crc: None,
                data_page_header: Some(page),
                index_page_header: None,
                dictionary_page_header: None,
                data_page_header_v2: None,
            };
            header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut file)).unwrap();
            file.write_all(&vec![0; usize::try_from(bytes).unwrap()]).unwrap();
        }
        let end = file.metadata().unwrap().len();
        check(&file, 0..end, values, unpacked)
    }

    #[test]
    fn a_page_says_no_more_than_it_can_be_and_a_column_no_less_than_its_pages() {
        assert_eq!(checked(&[(100, 16 << 20), (100, 3000)], 20, (16 << 20) + 3000), Ok(()));
        assert_eq!(checked(&[(20 << 10, (20 * 1032) << 10)], 10, u64::MAX), Ok(()));
        for page in
            [(100, (16 << 20) + 1), (20 << 10, ((20 * 1032) << 10) + 1), (1 << 20, i32::MAX), (100, -1)]
        {
            assert_eq!(
                checked(&[page], 10, u64::MAX),
                Err("a page has an impossible size".into()),
                "{page:?}"
            );
        }
        assert_eq!(
            checked(&[(9, 9)], 9, 100),
            Err("a page has an impossible size".into()),
            "one value too many"
        );
        assert_eq!(checked(&[(9, 60), (9, 60)], 20, 119), Err("a column has more bytes than it says".into()));
        let many = i64::try_from(VALUES).unwrap() + 1;
        assert_eq!(checked(&[(9, 9)], many, 9), Err("a column has an impossible number of values".into()));
        assert_eq!(checked(&[(9, 9)], -1, 9), Err("a column has an impossible number of values".into()));
    }
}
