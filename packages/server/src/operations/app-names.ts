// Names that account holders give to their apps. A consent page asks for trust in a name, so none may pass for the
// tenant, or for an app that the operator vouches for. Names that only the operator gives are not compared.

import unhomoglyph from 'unhomoglyph'
import { walk } from '../store/walk.ts'
import { checkName } from './field-checks.ts'
import type { FieldProblem, OperationContext } from './operation.ts'

/** `name` is what the app is called now, which may stay as it is. */
export async function checkAppName(
  name: string,
  { tenant, store }: OperationContext,
): Promise<FieldProblem[]> {
  const problems = checkName('name', name)
  if (problems.length > 0) return problems
  const folded = foldName(name)
  if (folded === '') {
    return [{ field: 'name', problem: 'has no letter and no digit', code: 'no_letters' }]
  }
  const imitated = beginsLike(folded, tenant.displayName)
    ? tenant.displayName
    : await findVouched(folded, { tenant, store })
  if (imitated === undefined) return []
  const problem = `is, or looks like, "${imitated}": choose one that nobody can mistake for it`
  return [{ field: 'name', problem, code: 'imitates', value: imitated }]
}

async function findVouched(
  folded: string,
  { tenant, store }: Pick<OperationContext, 'tenant' | 'store'>,
): Promise<string | undefined> {
  for await (const { name } of walk((page) => store.listVouchedNames(tenant.name, page))) {
    if (foldName(name) === folded) return name
  }
  return undefined
}

/** "Acme Support" passes for Acme as well as "Acme" does. "Post office for Acme" is how honest apps are called. */
function beginsLike(folded: string, name: string): boolean {
  const other = foldName(name)
  return other !== '' && folded.startsWith(other)
}

/**
 * What is left of a name for the eye: no accents, spaces, signs or letters without a shape, no case, and one letter for all that look alike
 * (Unicode Technical Standard 39 §4). Two names with the same rest cannot be told apart on a page.
 */
export function foldName(name: string): string {
  const plain = name.normalize('NFKD').replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')
  const small = unhomoglyph(unhomoglyph(plain).toLowerCase()).toLowerCase()
  // A capital I folds to l, and a small i would not.
  return small.replaceAll('i', 'l').replace(/[^\p{L}\p{N}]/gu, '')
}
