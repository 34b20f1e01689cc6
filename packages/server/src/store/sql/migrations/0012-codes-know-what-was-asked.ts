// A code knows whether the user or the registration gave another scope than the app asked for: the answer to its
// redemption must say so (RFC 6749 §5.1).

export function codesKnowWhatWasAskedSchema(): readonly string[] {
  return ['alter table codes add column scope_differs integer not null default 0']
}
