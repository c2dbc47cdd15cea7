//! Hash functions of traces and of vertex invariants.
//!
//! Both are functions of their arguments alone: no seed, no address and no order of a hash table enters, so that
//! canonical forms are the same on every platform. Their values order and tell apart; no proof of an isomorphism
//! rests on them. Changing either changes canonical forms.

/// One round of a 64-bit mixer, for traces of the sparse engine and for weights of arcs that are hashed.
#[inline]
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut x = (a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x2545_F491_4F6C_DD1D);
    x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 29)
}

/// One step of a cheaper hash, for the traces of the dense engine.
#[inline(always)]
pub(super) fn stir(hash: u64, value: usize) -> u64 {
    (hash ^ value as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}
