// What one look at the installation found: that it is well, or what is wrong and how to repair it.

export interface Finding {
  readonly subject: string
  readonly ok: boolean
  readonly detail: string
  /** What to do; only when something is wrong. */
  readonly fix?: string
}

export function well(subject: string, detail: string): Finding {
  return { subject, ok: true, detail }
}

export function wrong(subject: string, detail: string, fix: string): Finding {
  return { subject, ok: false, detail, fix }
}
