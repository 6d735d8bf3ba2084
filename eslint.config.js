import tseslint from 'typescript-eslint'

const clock = [
  { object: 'Date', property: 'now', message: 'pipeline/ is pure: time comes with the event' },
  { object: 'Math', property: 'random', message: 'pipeline/ is pure: randomness comes from the seed' },
]

const SCREAMING = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

/** A literal, or an expression of nothing but literals and constants. */
function isConstant(node) {
  switch (node.type) {
    case 'Literal':
      return node.value !== null || node.regex !== undefined
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isConstant(node.expression)
    case 'UnaryExpression':
      return isConstant(node.argument)
    case 'BinaryExpression':
      return isConstant(node.left) && isConstant(node.right)
    case 'TemplateLiteral':
      return node.expressions.every(isConstant)
    case 'Identifier':
      return SCREAMING.test(node.name)
    case 'MemberExpression':
      return !node.computed && isConstant(node.property)
    default:
      return false
  }
}

/** A module's constants are told apart from what it computes or builds by their spelling. */
const constantCase = {
  meta: {
    type: 'suggestion',
    messages: {
      constant: '`{{name}}` is a constant: write it in SCREAMING_CASE',
      other: '`{{name}}` is not made of literals only: write it in camelCase',
    },
  },
  create: (context) => ({
    'Program > VariableDeclaration[kind=const] > VariableDeclarator, Program > ExportNamedDeclaration > VariableDeclaration[kind=const] > VariableDeclarator':
      ({ id, init }) => {
        if (id.type !== 'Identifier' || init === null) return
        const constant = isConstant(init)
        if (constant !== SCREAMING.test(id.name))
          context.report({ node: id, messageId: constant ? 'constant' : 'other', data: { name: id.name } })
      },
  }),
}

export default tseslint.config(
  { ignores: ['dist/', 'bench/peers/', 'eslint.config.js', '.dependency-cruiser.cjs', 'bin/', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { payflow: { rules: { 'constant-case': constantCase } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 250 }],
      'payflow/constant-case': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/prefer-literal-enum-member': 'off',
    },
  },
  {
    files: ['src/pipeline/**'],
    rules: {
      'no-restricted-properties': ['error', ...clock],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'pipeline/ is pure: time comes with the event',
        },
      ],
      'no-restricted-imports': ['error', { patterns: ['node:*', 'kafkajs'] }],
    },
  },
  { files: ['test/**'], rules: { 'max-lines': ['error', { max: 400 }] } },
  // JavaScript, as somebody writes it who has no types
  { files: ['examples/**'], ...tseslint.configs.disableTypeChecked },
)
