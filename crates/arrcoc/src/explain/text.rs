//! Lines of text that fit on a screen.

/// The most characters of a line.
pub(super) const WIDTH: usize = 100;

/// `start` and a list of parts behind it, on as many lines as they need; lines after the first begin below the first
/// part. Ends with a line break.
pub(super) fn wrapped(start: &str, parts: &[String], between: &str) -> String {
    let length = |text: &str| text.chars().count();
    let mut out = start.to_owned();
    let mut taken = length(start);
    for (i, part) in parts.iter().enumerate() {
        let lead = if i == 0 { "" } else { between };
        let follows = if i + 1 < parts.len() { length(between.trim_end()) } else { 0 };
        if i > 0 && taken + length(lead) + length(part) + follows > WIDTH {
            out += &format!("{}\n{}", lead.trim_end(), " ".repeat(length(start)));
            taken = length(start);
        } else {
            out += lead;
            taken += length(lead);
        }
        out += part;
        taken += length(part);
    }
    out + "\n"
}

/// `start` and as many parts of a list as fit in its line, with the number of those left out.
pub(super) fn fitted(start: &str, parts: &[String]) -> String {
    let line = |n: usize| {
        let more = match parts.len() - n {
            0 => String::new(),
            left if n == 0 => format!("{left}"),
            left => format!(", {left} more"),
        };
        format!("{start}{}{more}", parts[..n].join(", "))
    };
    let fits = |n: &usize| line(*n).chars().count() <= WIDTH;
    line((1..=parts.len()).rev().find(fits).unwrap_or(parts.len().min(1))).trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("channel_number_{i} 10 %")).collect()
    }

    #[test]
    fn a_list_is_wrapped_below_its_first_part_or_cut_with_the_number_left_out() {
        assert_eq!(wrapped("a = ", &words(2), " + "), "a = channel_number_0 10 % + channel_number_1 10 %\n");
        let long = wrapped("asked       0.500 = the largest of ", &words(9), ", ");
        assert!(long.lines().count() > 1 && long.lines().all(|line| line.chars().count() <= WIDTH), "{long}");
        assert!(long.lines().skip(1).all(|line| line.starts_with(&" ".repeat(35))), "{long}");
        assert_eq!(fitted("there ", &words(2)), "there channel_number_0 10 %, channel_number_1 10 %\n");
        let cut = fitted("there ", &words(9));
        assert!(cut.ends_with(", 6 more\n") && cut.chars().count() <= WIDTH + 1, "{cut}");
        assert_eq!(fitted("there  ", &[]), "there\n");
        let wide = ["w".repeat(200)];
        assert!(fitted("", &wide).starts_with("www") && wrapped("", &wide, ", ").starts_with("www"));
    }
}
