import tseslint from 'typescript-eslint'

const clock = [
  { object: 'Date', property: 'now', message: 'pipeline/ is pure: time comes with the event' },
  { object: 'Math', property: 'random', message: 'pipeline/ is pure: randomness comes from the seed' },
]

export default tseslint.config(
  { ignores: ['dist/', 'bench/peers/', 'eslint.config.js', '.dependency-cruiser.cjs', 'bin/', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 250 }],
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
)
