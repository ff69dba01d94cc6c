/**
 * A part of a message that tells to set an option, by the API's name. Whoever shows the message where the option has another name, a
 * command line say, puts that name in its place: {@link OptionHint.text} is found in the message as it stands.
 */
export interface OptionHint {
  /** `opaqueClasses`, or of an option within another `limits.maxSeconds`. */
  readonly option: string;
  /** The value to give, where it is known: a class to add to a list. */
  readonly value: string | undefined;
  readonly text: string;
}

/** The one way in which messages name options. */
export function optionHint(option: string, value?: string): OptionHint {
  const text = value === undefined ? `option ${option}` : `option ${option}: [${JSON.stringify(value)}]`;
  return { option, value, text };
}

/** The message with every hint in the words of `phrase`, which returns undefined for an option that it has no name for. */
export function rephraseOptions(
  message: string,
  hints: readonly OptionHint[],
  phrase: (hint: OptionHint) => string | undefined,
): string {
  return hints.reduce((text, hint) => text.replaceAll(hint.text, () => phrase(hint) ?? hint.text), message);
}
