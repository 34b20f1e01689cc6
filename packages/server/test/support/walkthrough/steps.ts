// A page of documentation as something to follow: its shell commands in order, and what each of them should answer.

export interface Step {
  /** Where it stands on the page. */
  readonly line: number
  readonly command: string
  readonly answers: readonly Answer[]
}

export interface Answer {
  readonly kind: 'json' | 'text'
  readonly text: string
}

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm

/** An answer belongs to the command above it. Other blocks are for reading. */
export function readSteps(page: string): readonly Step[] {
  const steps: { line: number; command: string; answers: Answer[] }[] = []
  for (const { 1: language, 2: text = '', index } of page.matchAll(FENCE)) {
    if (language === 'sh') {
      steps.push({ line: page.slice(0, index).split('\n').length, command: text, answers: [] })
    } else if (language === 'json' || language === 'text') {
      steps.at(-1)?.answers.push({ kind: language, text })
    }
  }
  return steps
}
