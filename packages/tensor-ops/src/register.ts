/** Importing this entry registers every kernel and gradient of this package. */
export {};
