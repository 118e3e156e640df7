/** Everything that the older form knows, as its sources write it. */
export const V1 = `apiVersion: executor.kubernaut.io/v1
kind: KubernetesExecution
metadata:
  name: restart-web-abc123
  namespace: alerts
  labels:
    kubernaut.io/environment: production
    kubernaut.io/priority: p1
spec:
  alertRemediationRef: {name: high-cpu, namespace: alerts}
  workflowExecutionRef: {name: workflow-high-cpu, namespace: alerts, stepId: restart-pod}
  actionDefinition:
    actionType: restart_pod
    actionMetadata: {version: v1.2, category: core, deprecated: false, riskLevel: medium, prerequisites: [pod-exists]}
    targetResource:
      apiVersion: v1
      kind: Pod
      namespace: shop
      name: web-5d4f8c7b9d-x2x7k
      labels: {app: web}
      fieldSelectors: [status.phase=Running]
    parameters:
      dryRun: false
      force: false
      gracePeriodSeconds: 30
      expectedConditions: [{type: Ready, status: "True", reason: PodReady}]
      customConfig: {preWarmReplacement: true}
  executionConfig:
    timeout: 4m
    priority: high
    retryPolicy: {maxRetries: 2, backoffMultiplier: 2.0, retryDelay: 30s, retryableErrors: [connection refused]}
    safetyConfig:
      riskLevel: medium
      requireApproval: false
      safetyChecks: [cluster-connectivity, permission-check, resource-lock]
      rollbackConfig:
        enableAutoRollback: true
        rollbackTimeout: 5m
        preserveRollbackState: true
        rollbackTriggers: [execution-failure, health-check-failed]
    validationConfig:
      preExecutionValidation: true
      postExecutionValidation: true
      sideEffectDetection: true
      healthCheckTimeout: 1m30s
      effectivenessScoring: true
    monitoringConfig:
      enableProgressReporting: true
      progressInterval: 10s
      enableMetricsCollection: true
      enableAuditLogging: true
      resourceMonitoring: {enableCpuMonitoring: true, enableMemoryMonitoring: true, enableNetworkMonitoring: false}
status: {phase: completed}
`;

export const UNION = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
metadata: {name: remediation-step-2, creationTimestamp: null}
spec:
  workflowExecutionRef: {apiVersion: v1, kind: WorkflowExecution, name: remediation, uid: abc}
  stepNumber: 2
  action: scale_deployment
  parameters:
    scaleDeployment: {deployment: web, namespace: shop, replicas: 3}
  targetCluster: ""
  maxRetries: 2
  timeout: 0s
  approvalReceived: false
  preConditions: [{type: deployment_exists, description: there, rego: allow := true, required: false, timeout: 30s}]
  postConditions: [{type: replicas, rego: allow := true, timeout: 2m}]
`;

export const OBJECT = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
spec:
  workflowExecutionRef: {name: remediation, namespace: alerts}
  stepIndex: 0
  action:
    type: RolloutRestart
    parameters: {}
    target: {namespace: shop, resourceKind: StatefulSet, resourceName: db}
  timeout: 90s
  maxRetries: 3
`;
