/** A kernel of side 33: wider ones cost more than their network, and tables of d^2 errors a channel grow out of hand. */
export const MAX_DILATION_SEARCH = 16;
