//! Brings a failing list of operations to its shortest form.

/// Leaves out as much of `ops` as can be left out while `fails` stays true: delta debugging (Zeller and Hildebrandt,
/// 2002), which ends when no single operation can be left out any more.
pub fn shrink<T: Clone>(ops: &[T], fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut ops = ops.to_vec();
    let mut size = ops.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let mut found = false;
        while at < ops.len() {
            let mut shorter = ops.clone();
            shorter.drain(at..(at + size).min(ops.len()));
            if fails(&shorter) {
                ops = shorter;
                found = true;
            } else {
                at += size;
            }
        }
        // Leaving one out may have made others superfluous.
        size = if found && size == 1 { 1 } else { size / 2 };
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn exactly_what_is_needed_to_fail_remains() {
        let ops: Vec<u32> = (0..1_000).collect();
        let fails = |ops: &[u32]| [3, 500, 501, 999].iter().all(|needed| ops.contains(needed));
        assert_eq!(shrink(&ops, fails), [3, 500, 501, 999]);
    }

    #[test]
    fn a_failure_that_needs_nothing_becomes_an_empty_list() {
        assert_eq!(shrink(&[1, 2, 3], |_| true), []);
    }
}
