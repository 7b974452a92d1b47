//! The real pack loads without a fault.

mod support;

#[test]
fn the_pan_cheshire_pack_has_no_fault() {
    if let Err(faults) = support::load() {
        for fault in &faults {
            eprintln!("{fault}");
        }
        panic!("{} faults", faults.len());
    }
}
