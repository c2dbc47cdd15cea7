//! Functions compiled twice, for any CPU and for x86-64 with AVX2 and FMA; which one runs is decided at run time.
//!
//! The bodies are plain loops over slices. Where the compiler may assume AVX2 it makes of them loops over eight lanes;
//! without, over four. The two compute the same bits: the compiler neither reorders floating-point additions nor
//! contracts products and sums, and where a fused multiply-add is meant the code says so (`mul_add`). The detection and
//! the call into code with other CPU features are pulp's, so there is no `unsafe` here. A call costs one atomic read;
//! bodies should handle a row at least.

/// Defines functions without a result; whatever a body calls must be inlined into it.
macro_rules! vectorize {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {$(
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn portable($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = pulp::x86::V3::try_new() {
                return avx2.vectorize(#[inline(always)] move || portable($($argument),*));
            }
            portable($($argument),*)
        }
    )*};
}

pub(super) use vectorize;
