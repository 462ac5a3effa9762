//! Work that comes one after the other, done several at a time and told in the order in which it came.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

/// How often a worker without work asks whether there will be any.
const BEAT: Duration = Duration::from_millis(20);

/// Does `work` on each item with so many workers, and has the results told in the order of the items, as many at a time as
/// are ready. Items are taken as they come, and never more than a few ahead of what was told. Ends early when `tell` breaks
/// off: an item that is still waited for is then not waited for.
pub(crate) fn in_order<T, R>(
    items: impl Iterator<Item = T> + Send + 'static,
    workers: usize,
    work: impl Fn(T) -> R + Sync,
    mut tell: impl FnMut(Vec<R>) -> ControlFlow<()>,
) where
    T: Send + 'static,
    R: Send,
{
    let ahead = 4 * workers;
    let (send_item, items_in) = mpsc::channel::<(usize, T)>();
    let (take_place, free_place) = mpsc::sync_channel::<()>(ahead);
    // Not one of the scope: it may be waiting for an item that never comes.
    thread::spawn(move || {
        for numbered in items.enumerate() {
            if take_place.send(()).is_err() || send_item.send(numbered).is_err() {
                break;
            }
        }
    });
    let (items_in, is_over) = (Mutex::new(items_in), AtomicBool::new(false));
    let (send_result, results) = mpsc::channel::<(usize, R)>();
    thread::scope(|scope| {
        for _ in 0..workers {
            let send_result = send_result.clone();
            let (items_in, is_over, work) = (&items_in, &is_over, &work);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let next = items_in.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(BEAT);
                    match next {
                        Ok((number, item)) => {
                            if send_result.send((number, work(item))).is_err() {
                                break;
                            }
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => break,
                    }
                }
            });
        }
        drop(send_result);
        let (mut waiting, mut told) = (BTreeMap::new(), 0);
        while let Ok((number, result)) = results.recv() {
            waiting.insert(number, result);
            waiting.extend(results.try_iter());
            let mut ready = Vec::new();
            while let Some(result) = waiting.remove(&told) {
                ready.push(result);
                told += 1;
                // Its place is free again.
                let _ = free_place.try_recv();
            }
            if !ready.is_empty() && tell(ready).is_break() {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn results_are_told_in_order_and_work_stays_close() {
        for workers in [1, 3] {
            let begun = AtomicUsize::new(0);
            let mut told = Vec::new();
            let work = |n: usize| {
                begun.fetch_add(1, Ordering::SeqCst);
                // The even ones take longer.
                thread::sleep(Duration::from_micros(if n.is_multiple_of(2) { 300 } else { 0 }));
                n
            };
            in_order(0..200, workers, work, |ready| {
                told.extend(ready);
                assert!(begun.load(Ordering::SeqCst) <= told.len() + 6 * workers, "too far ahead");
                ControlFlow::Continue(())
            });
            assert_eq!(told, (0..200).collect::<Vec<_>>());
        }
    }

    #[test]
    fn breaking_off_does_not_wait_for_what_never_comes() {
        let (keep_open, never) = mpsc::channel::<usize>();
        let items = [1, 2].into_iter().chain(std::iter::from_fn(move || never.recv().ok()));
        let mut told = Vec::new();
        in_order(
            items,
            2,
            |n| n,
            |ready| {
                told.extend(ready);
                ControlFlow::Break(())
            },
        );
        assert_eq!(told[0], 1);
        drop(keep_open);
    }
}
