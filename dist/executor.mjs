import { readFile, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import * as https from "node:https";
import * as tls from "node:tls";
import { setTimeout as setTimeout$1 } from "node:timers/promises";

// src/plan/json.ts
function isRecord(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isStringMap(value) {
	return isRecord(value) && Object.values(value).every((member) => typeof member === "string");
}

// src/plan/pointer.ts
function readPointer(document, pointer) {
	if (pointer === "") return document;
	return pointer.split("/").slice(1).map(unescapeSegment).reduce(step, document);
}
function withPointer(document, pointer, value) {
	return withSegments(document, pointer.split("/").slice(1).map(unescapeSegment), value);
}
function withSegments(document, segments, value) {
	const [segment, ...rest] = segments;
	if (segment === void 0) return value;
	const member = withSegments(step(document, segment), rest, value);
	if (Array.isArray(document)) return document.with(Number(segment), member);
	if (!isRecord(document)) throw new Error(`nothing is there to hold ${segment}`);
	const { [segment]: _before, ...others } = document;
	return member === void 0 ? others : {
		...others,
		[segment]: member
	};
}
function pointerOf(segments) {
	return segments.map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
function unescapeSegment(segment) {
	return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
function step(value, segment) {
	if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return void 0;
	return Reflect.get(value, segment);
}
function textAt(document, pointer) {
	const value = readPointer(document, pointer);
	return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
function numberAt(document, pointer) {
	const value = readPointer(document, pointer);
	return typeof value === "number" ? value : 0;
}
function mapAt(document, pointer) {
	const value = readPointer(document, pointer);
	return isStringMap(value) ? value : {};
}

// src/plan/canonical.ts
function canonicalJson(value) {
	return JSON.stringify(sortKeys(value));
}
function hashJson(value) {
	return `sha256:${createHash("sha256").update(canonicalJson(value)).digest("hex")}`;
}
function sameJson(a, b) {
	return a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
function sortKeys(value) {
	if (Array.isArray(value)) return value.map(sortKeys);
	if (!isRecord(value)) return value;
	const entries = Object.entries(value).filter(([, member]) => member !== void 0);
	entries.sort(([a], [b]) => a < b ? -1 : 1);
	return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}

// src/plan/server-choice.ts
const MARK = "$chosenBy";
function isServerChoice(value) {
	return isRecord(value) && MARK in value;
}
function hasServerChoice(value) {
	if (isServerChoice(value)) return true;
	if (!isRecord(value) && !Array.isArray(value)) return false;
	return Object.values(value).some(hasServerChoice);
}
function knownParts(pointer, value) {
	if (isServerChoice(value)) return [];
	if (!hasServerChoice(value)) return [{
		pointer,
		value
	}];
	const members = Object.entries(value).flatMap(([key, member]) => knownParts(`${pointer}${pointerOf([key])}`, member));
	return Array.isArray(value) ? [...members, {
		pointer: `${pointer}/${value.length}`,
		value: void 0
	}] : members;
}
function isAsPlanned(live, planned) {
	return knownParts("", planned).every(({ pointer, value }) => sameJson(readPointer(live, pointer), value));
}

// src/plan/change-fields.ts
function changeFields(request) {
	const { summary, object, fields } = request;
	return {
		summary,
		verb: "patch",
		patchType: "json",
		path: object,
		body: [
			...[
				{
					pointer: "/metadata/uid",
					value: request.uid
				},
				...request.testBefore ?? [],
				...request.alsoTest ?? []
			].map(({ pointer, value }) => ({
				op: "test",
				path: pointer,
				value
			})),
			...fields.flatMap(testsBefore),
			...fields.flatMap(write)
		],
		effect: {
			kind: "fields",
			object,
			fields
		},
		rehearsal: "yes",
		resendable: true
	};
}
function undoFields(request, summary) {
	return changeFields({
		summary,
		object: request.object,
		uid: request.uid,
		fields: invertFields(request.fields),
		...request.alsoTest === void 0 ? {} : { alsoTest: request.alsoTest }
	});
}
function applyFields(object, fields) {
	return fields.reduce((so, { pointer, after }) => withPointer(so, pointer, after), object);
}
function invertFields(fields) {
	return fields.map(({ pointer, before, after }) => ({
		pointer,
		...after === void 0 ? {} : { before: after },
		...before === void 0 ? {} : { after: before }
	}));
}
function testsBefore({ pointer, before }) {
	return knownParts(pointer, before).flatMap((part) => part.value === void 0 && part.pointer !== pointer ? testEnd(part) : testPart(part));
}
function testPart({ pointer, value }) {
	return [{
		op: "test",
		path: pointer,
		value: value ?? null
	}];
}
const END = "the end of the list";
function testEnd({ pointer }) {
	return [{
		op: "add",
		path: `${pointer.slice(0, pointer.lastIndexOf("/"))}/-`,
		value: END
	}, {
		op: "test",
		path: pointer,
		value: END
	}];
}
function write({ pointer, before, after }) {
	if (after !== void 0) return [{
		op: "add",
		path: pointer,
		value: after
	}];
	const remove = {
		op: "remove",
		path: pointer
	};
	return isServerChoice(before) ? [{
		op: "add",
		path: pointer,
		value: ""
	}, remove] : [remove];
}

// src/plan/map-changes.ts
function changeMap(at, before, given) {
	const asked = Object.entries(given).map(([key, after]) => {
		const was = Object.hasOwn(before, key) ? before[key] : void 0;
		return {
			key,
			pointer: pointerOf([...at, key]),
			...was === void 0 ? {} : { before: was },
			...after === null ? {} : { after }
		};
	});
	const kept = Object.entries(before).filter(([key]) => !Object.hasOwn(given, key));
	const set = Object.entries(given).flatMap(([key, value]) => value === null ? [] : [[key, value]]);
	const changed = asked.filter((one) => one.before !== one.after);
	const after = Object.fromEntries([...kept, ...set]);
	return {
		before,
		after,
		asked,
		changed,
		fields: fieldsOf(at, {
			before,
			after,
			changed
		})
	};
}
function withoutKeys(changes) {
	return changes.map(({ key: _key, ...field }) => field);
}
function fieldsOf(at, { before, after, changed }) {
	const [hadSome, hasSome] = [before, after].map((map) => Object.keys(map).length > 0);
	if (hadSome && hasSome) return withoutKeys(changed);
	return hadSome || hasSome ? [{
		pointer: pointerOf(at),
		...hadSome ? { before } : {},
		...hasSome ? { after } : {}
	}] : [];
}

// src/plan/objects.ts
function groupVersionOf(apiVersion) {
	const [version = "", group = ""] = apiVersion.split("/").toReversed();
	return {
		group,
		version
	};
}
const MOST_DATA_BYTES = 1048576;
function say(ref) {
	return `${ref.kind.toLowerCase()}/${ref.name}`;
}
function controllerOf(object) {
	return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

// src/plan/secret-values.ts
function referTo(side, key) {
	return { $value: `${side}/${key}` };
}
function nameValues(side, data) {
	return Object.fromEntries(Object.entries(data).map(([key, value]) => [referTo(side, key).$value, value]));
}
function valuesOf(side, values) {
	const own = Object.entries(values).filter(([name]) => name.startsWith(`${side}/`));
	return Object.fromEntries(own.map(([name, value]) => [name.slice(side.length + 1), value]));
}

// src/catalog/change-data.ts
function bytesOf(data, encoding) {
	return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, encoding), 0);
}
function objectionsToData(object, bytes) {
	const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
	return [
		...object["immutable"] === true ? ["it is immutable: make one of another name, and change who uses it"] : [],
		...owner ? [`${say(owner)} (${owner.apiVersion}) makes it and would write its own values again: change that`] : [],
		...bytes > 1048576 ? [`it would have ${bytes} bytes of data, and the API server takes ${MOST_DATA_BYTES}`] : []
	];
}
function refuseData({ kind, namespace, name }, { changed }, objections) {
	if (objections.length === 0 || changed.length === 0) return void 0;
	return {
		kind: "refusal",
		reasonCode: "target-unsuitable",
		message: `${`${say({
			kind: kind.kind,
			name
		})} in ${namespace}`} can't be changed so:\n${objections.map((one) => `- ${one}`).join("\n")}`
	};
}
function sayKeys({ asked, changed }, target) {
	const what = `${say(target)} in ${target.namespace ?? ""}`;
	const keysWith = (isSet) => sayList(changed.filter(({ after }) => after !== void 0 === isSet).map(({ key }) => key));
	const [set, removed] = [keysWith(true), keysWith(false)];
	const same = sayList(asked.filter((one) => !changed.includes(one)).map(({ key }) => key));
	if (changed.length === 0) return `leave ${what}, where ${same} is as asked already`;
	return `change ${what}: ${[
		set === "" ? "" : `set ${set}`,
		removed === "" ? "" : `remove ${removed}`,
		same === "" ? "" : `${same} is as asked already`
	].filter((part) => part !== "").join(", ")}`;
}
function sayList(words) {
	return new Intl.ListFormat("en").format(words);
}
function fieldChecks(object, fields) {
	return {
		now: {
			kind: "fields-equal",
			object,
			fields
		},
		before: {
			kind: "fields-equal",
			object,
			fields: invertFields(fields)
		}
	};
}

// src/plan/labels.ts
function selectorText(selector) {
	if (!isRecord(selector)) return "";
	const equalities = isRecord(selector["matchLabels"]) ? Object.entries(selector["matchLabels"]).map(([key, value]) => `${key}=${String(value)}`) : [];
	const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
	return [...equalities.toSorted(), ...expressions.map(expressionText)].join(",");
}
function expressionText(expression) {
	if (!isRecord(expression)) return "";
	const key = String(expression["key"]);
	const values = Array.isArray(expression["values"]) ? expression["values"].map(String).join(",") : "";
	switch (expression["operator"]) {
		case "In": return `${key} in (${values})`;
		case "NotIn": return `${key} notin (${values})`;
		case "Exists": return key;
		default: return `!${key}`;
	}
}
function selects(selector, labels = {}) {
	if (!isRecord(selector)) return false;
	const equalities = isRecord(selector["matchLabels"]) ? Object.entries(selector["matchLabels"]) : [];
	const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
	return equalities.every(([key, value]) => labels[key] === value) && expressions.every((expression) => isRecord(expression) && holds(expression, labels));
}
function holds({ key, operator, values }, labels) {
	const value = labels[String(key)];
	const isListed = value !== void 0 && Array.isArray(values) && values.includes(value);
	switch (operator) {
		case "In": return isListed;
		case "NotIn": return !isListed;
		case "Exists": return value !== void 0;
		default: return value === void 0;
	}
}

// src/plan/partition.ts
function partitionOf(workload) {
	const partition = readPointer(workload, "/spec/updateStrategy/rollingUpdate/partition");
	return typeof partition === "number" ? partition : 0;
}

// src/plan/replicas.ts
function replicasOf(workload) {
	const replicas = readPointer(workload, "/spec/replicas");
	return typeof replicas === "number" ? replicas : 1;
}

// src/catalog/workloads.ts
const DEPLOYMENT = {
	apiVersion: "apps/v1",
	kind: "Deployment",
	resource: "deployments",
	shortNames: [
		"deploy",
		"deployment",
		"deployments"
	]
};
const STATEFUL_SET = {
	apiVersion: "apps/v1",
	kind: "StatefulSet",
	resource: "statefulsets",
	shortNames: [
		"sts",
		"statefulset",
		"statefulsets"
	]
};
const DAEMON_SET = {
	apiVersion: "apps/v1",
	kind: "DaemonSet",
	resource: "daemonsets",
	shortNames: [
		"ds",
		"daemonset",
		"daemonsets"
	]
};
const POD = {
	apiVersion: "v1",
	kind: "Pod",
	resource: "pods",
	shortNames: [
		"po",
		"pod",
		"pods"
	]
};
const READ_NAMESPACE = [{
	apiGroups: [""],
	resources: ["namespaces"],
	verbs: ["get"]
}, {
	apiGroups: [""],
	resources: ["pods"],
	verbs: [
		"get",
		"list",
		"watch"
	]
}];
function targetPath(question) {
	return pathOf(question.kind, question.namespace, question.name);
}
function pathOf(kind, namespace, name) {
	return {
		...groupVersionOf(kind.apiVersion),
		resource: kind.resource,
		...namespace === "" ? {} : { namespace },
		...name === void 0 ? {} : { name }
	};
}
function refOf(kind, object) {
	const { name, namespace, uid } = object.metadata;
	return {
		apiVersion: kind.apiVersion,
		kind: kind.kind,
		...namespace === void 0 ? {} : { namespace },
		name,
		uid
	};
}
function notFound(question) {
	const where = question.namespace === "" ? "" : ` in namespace ${question.namespace}`;
	return {
		kind: "refusal",
		reasonCode: "target-not-found",
		message: `${say({
			kind: question.kind.kind,
			name: question.name
		})} does not exist${where}. Check the name${where === "" ? "" : ", the namespace"} and that the context is of the right cluster.`
	};
}
function podSelectorOf(workload) {
	return selectorText(readPointer(workload, "/spec/selector"));
}
function podTemplateOf(kind, workload, replaces) {
	const labels = readPointer(workload, "/spec/template/metadata/labels");
	const annotations = readPointer(workload, "/spec/template/metadata/annotations");
	const spec = readPointer(workload, "/spec/template/spec");
	return {
		namespace: workload.metadata.namespace ?? "",
		of: refOf(kind, workload),
		replaces,
		metadata: {
			...isStringMap(labels) ? { labels } : {},
			...isStringMap(annotations) ? { annotations } : {}
		},
		spec: isRecord(spec) ? {
			...spec,
			...withClaims(workload, spec["volumes"])
		} : {}
	};
}
function withClaims(workload, volumes) {
	const templates = readPointer(workload, "/spec/volumeClaimTemplates");
	if (!Array.isArray(templates)) return {};
	const names = templates.map((template) => textAt(template, "/metadata/name"));
	const others = Array.isArray(volumes) ? volumes.filter((volume) => !names.includes(textAt(volume, "/name"))) : [];
	const claims = names.map((name) => ({
		name,
		persistentVolumeClaim: { claimName: `${name}-${workload.metadata.name}-0` }
	}));
	return { volumes: [...others, ...claims] };
}

// src/catalog/change-template.ts
const ROLLED_OUT = [
	DEPLOYMENT,
	STATEFUL_SET,
	DAEMON_SET
];
const CHANGE_WORKLOADS = {
	apiGroups: ["apps"],
	resources: ROLLED_OUT.map(({ resource }) => resource),
	verbs: [
		"get",
		"list",
		"watch",
		"patch"
	]
};
const TEMPLATE_GENERATION = [
	"metadata",
	"annotations",
	"deprecated.daemonset.template.generation"
];
function templateWritableFields(kind, paths) {
	return {
		apiGroup: "apps",
		version: "v1",
		resource: kind.resource,
		paths: kind.kind === "DaemonSet" ? [...paths, TEMPLATE_GENERATION] : paths
	};
}
function planTemplateChange(change) {
	const { kind, workload, fields } = change;
	const refusal = refuseRollout(kind, workload);
	if (refusal) return refusal;
	const target = refOf(kind, workload);
	const object = pathOf(kind, target.namespace ?? "", target.name);
	const changes = fields.length > 0;
	const request = fieldsRequest(object, change);
	return {
		kind: "plan",
		target,
		summary: change.summary,
		requests: changes ? [changeFields(request)] : [],
		checks: [{
			...rolloutComplete(object, workload),
			...changes ? { written: writtenBy(change) } : {}
		}],
		undo: {
			kind: "requests",
			requests: changes ? [{
				...undoFields(request, change.takeBack),
				undoes: 0
			}] : [],
			checks: undoChecks(object, workload, fields)
		},
		locks: [target],
		notes: [...change.notes, ...changes ? [...partitionNotes(workload), ...undoNotes(workload)] : []],
		podTemplates: changes ? [podTemplateOf(kind, afterwards$1(workload, fields), true)] : [],
		podsAffected: changes ? podsOf$1(kind, workload) : 0
	};
}
function refuseRollout(kind, workload) {
	const name = say({
		kind: kind.kind,
		name: workload.metadata.name
	});
	if (readPointer(workload, "/spec/paused") === true) return {
		kind: "refusal",
		reasonCode: "rollout-paused",
		message: `${name} is paused, so its rollout would not begin. Resume it first: kubectl rollout resume ${name} -n ${workload.metadata.namespace ?? ""}`
	};
	const [partition, replicas] = [partitionOf(workload), replicasOf(workload)];
	if (replicas > 0 && partition >= replicas) return {
		kind: "refusal",
		reasonCode: "target-unsuitable",
		message: `${name} has the partition ${partition} and ${replicas} replicas: no pod would get the new template. Lower spec.updateStrategy.rollingUpdate.partition first.`
	};
	if (readPointer(workload, "/spec/updateStrategy/type") === "OnDelete") return {
		kind: "refusal",
		reasonCode: "target-unsuitable",
		message: `${name} has the update strategy OnDelete: its pods are replaced only when somebody deletes them. Change it by hand, where there is something to change, and restart its pods one by one with restart-pod.`
	};
}
function partitionNotes(workload) {
	const partition = partitionOf(workload);
	return partition === 0 ? [] : [`Its partition is ${partition}: pods of a smaller number keep the template that they have, and are not replaced.`];
}
function writtenBy({ written, fields }) {
	return (written ?? fields).map(({ pointer, after }) => ({
		pointer,
		...after === void 0 ? {} : { after }
	}));
}
function fieldsRequest(object, { kind, workload, ...change }) {
	const ruling = kind.kind === "Deployment" ? "/spec/paused" : "/spec/updateStrategy";
	return {
		summary: change.change,
		object,
		uid: workload.metadata.uid,
		testBefore: [{
			pointer: ruling,
			value: readPointer(workload, ruling) ?? null
		}],
		fields: change.fields,
		...change.alsoTest === void 0 ? {} : { alsoTest: change.alsoTest }
	};
}
function rolloutComplete(object, workload) {
	return {
		kind: "rollout-complete",
		object,
		podSelector: podSelectorOf(workload)
	};
}
function undoChecks(object, workload, fields) {
	return [{
		kind: "fields-equal",
		object,
		fields: invertFields(fields)
	}, {
		...rolloutComplete(object, workload),
		heldBefore: isComplete(workload)
	}];
}
function undoNotes(workload) {
	return ["Undo returns to the template before; pods that were replaced meanwhile stay replaced.", ...readPointer(workload, "/spec/podManagementPolicy") === "OrderedReady" ? ["An ordered StatefulSet waits for a pod that can not start even after an undo: such a pod must be deleted by hand."] : []];
}
function afterwards$1(workload, fields) {
	const spec = readPointer(applyFields(workload, fields), "/spec");
	return {
		...workload,
		spec
	};
}
function isComplete(workload) {
	const count = (...fields) => fields.map((field) => readPointer(workload, `/status/${field}`)).find((value) => value !== void 0) ?? 0;
	const wanted = readPointer(workload, "/status/desiredNumberScheduled") ?? replicasOf(workload);
	return count("availableReplicas", "numberAvailable") === wanted && count("updatedReplicas", "updatedNumberScheduled") === wanted && (workload.kind !== "Deployment" || count("replicas") === wanted);
}
function podsOf$1(kind, workload) {
	if (kind.kind !== "DaemonSet") return replicasOf(workload);
	const scheduled = readPointer(workload, "/status/desiredNumberScheduled");
	return typeof scheduled === "number" ? scheduled : 0;
}

// src/catalog/consumers.ts
function readsOfConsumers(namespace) {
	return [...ROLLED_OUT, POD].map((kind) => ({
		kind: "list",
		path: pathOf(kind, namespace)
	}));
}
function consumersOf(source, keys, seen) {
	const listed = (kind) => seen.list(pathOf(kind, source.namespace)) ?? [];
	const workloads = ROLLED_OUT.flatMap((kind) => listed(kind).map((object) => ({
		kind,
		object
	})));
	const strays = listed(POD).filter((pod) => !workloads.some(({ object }) => isOf(pod, object))).map((object) => ({
		kind: POD,
		object
	}));
	return [...workloads, ...strays].flatMap(({ kind, object }) => {
		const uses = usesOf(readPointer(object, kind === POD ? "/spec" : "/spec/template/spec"), source, keys);
		if (uses.length === 0) return [];
		return [{
			kind,
			object,
			uses: [...new Set(uses.map(({ text }) => text))],
			readsAtStart: uses.some(({ atStart }) => atStart)
		}];
	});
}
function sayConsumer({ kind, object, uses, readsAtStart }) {
	const what = `${say(refOf(kind, object))} uses it for ${uses.join(", ")}`;
	return readsAtStart ? `${what}, and sees the change once it is restarted.` : `${what}, and sees the change about a minute later.`;
}
function isOf(pod, workload) {
	return selects(readPointer(workload, "/spec/selector"), pod.metadata.labels);
}
function usesOf(spec, source, keys) {
	const containers = ["/initContainers", "/containers"].flatMap((pointer) => membersAt(spec, pointer));
	return [
		...containers.flatMap((container) => usesOfContainer(container, source, keys)),
		...membersAt(spec, "/volumes").flatMap((volume) => mounts(volume, source, keys) ? [useOfVolume(textAt(volume, "/name"), containers)] : []),
		...membersAt(spec, "/imagePullSecrets").flatMap((secret) => source.kind === "Secret" && textAt(secret, "/name") === source.name ? [{
			text: "pulling images",
			atStart: false
		}] : [])
	];
}
function usesOfContainer(container, source, keys) {
	const [one, all] = source.kind === "Secret" ? ["secretKeyRef", "secretRef"] : ["configMapKeyRef", "configMapRef"];
	const text = `the environment of container ${textAt(container, "/name")}`;
	const single = membersAt(container, "/env").some((variable) => textAt(variable, `/valueFrom/${one}/name`) === source.name && keys.includes(textAt(variable, `/valueFrom/${one}/key`)));
	const whole = membersAt(container, "/envFrom").some((from) => textAt(from, `/${all}/name`) === source.name);
	return single || whole ? [{
		text,
		atStart: true
	}] : [];
}
function useOfVolume(name, containers) {
	const isPart = containers.flatMap((container) => membersAt(container, "/volumeMounts")).some((mount) => textAt(mount, "/name") === name && textAt(mount, "/subPath") !== "");
	return {
		text: `volume ${name}`,
		atStart: isPart
	};
}
function mounts(volume, source, keys) {
	const [field, nameField] = source.kind === "Secret" ? ["secret", "secretName"] : ["configMap", "name"];
	const own = readPointer(volume, `/${field}`);
	const parts = membersAt(volume, "/projected/sources").map((part) => readPointer(part, `/${field}`));
	return textAt(own, `/${nameField}`) === source.name && takes(own, keys) || parts.some((part) => textAt(part, "/name") === source.name && takes(part, keys));
}
function takes(volume, keys) {
	const items = membersAt(volume, "/items");
	return items.length === 0 || items.some((item) => keys.includes(textAt(item, "/key")));
}
function membersAt(document, pointer) {
	const found = readPointer(document, pointer);
	return Array.isArray(found) ? found.filter(isRecord) : [];
}

// src/catalog/restart-template.ts
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";
const ANNOTATIONS = [
	"spec",
	"template",
	"metadata",
	"annotations"
];
function restartWritableFields(kind) {
	return templateWritableFields(kind, [[...ANNOTATIONS, RESTARTED_AT]]);
}
function planRestart(question, kind, workload, notes = []) {
	const name = say(refOf(kind, workload));
	return planTemplateChange({
		kind,
		workload,
		summary: `restart ${name} in ${question.namespace} pod by pod`,
		change: `set the restart annotation in the pod template of ${name}`,
		takeBack: `take back the restart of ${name}`,
		fields: [restartField(workload, question.at)],
		written: [{
			pointer: pointerOf([...ANNOTATIONS, RESTARTED_AT]),
			after: question.at
		}],
		notes
	});
}
function restartField(workload, at) {
	const pointer = pointerOf(ANNOTATIONS);
	if (readPointer(workload, pointer) === void 0) return {
		pointer,
		after: { [RESTARTED_AT]: at }
	};
	const annotation = pointerOf([...ANNOTATIONS, RESTARTED_AT]);
	const before = readPointer(workload, annotation);
	return {
		pointer: annotation,
		...before === void 0 ? {} : { before },
		after: at
	};
}

// src/catalog/restart-consumers.ts
const RESTART_CONSUMERS = CHANGE_WORKLOADS;
const RESTARTED_FIELDS = ROLLED_OUT.map(restartWritableFields);
function withConsumers(question, draft, consumers) {
	const listed = {
		...draft,
		notes: [...draft.notes, ...notesOn(question, draft, consumers)]
	};
	if (!question.parameters["restart-consumers"] || draft.requests.length === 0) return listed;
	const restarts = consumers.filter(({ kind }) => kind !== POD).map(({ kind, object }) => planRestart(question, kind, object));
	const refusals = restarts.filter((one) => one.kind === "refusal");
	const [first] = refusals;
	if (first) {
		const message = `its consumers can't all be restarted:\n${refusals.map(({ message: why }) => `- ${why}`).join("\n")}\nLeave restart-consumers out, and restart them yourself.`;
		return {
			...first,
			message
		};
	}
	return restarts.filter((one) => one.kind === "plan").reduce(join$1, listed);
}
function join$1(first, second) {
	return {
		...first,
		summary: `${first.summary}, then restart ${say(second.target)}`,
		requests: [...first.requests, ...second.requests],
		checks: [...first.checks, ...second.checks],
		undo: joinUndo(first, second),
		locks: [...first.locks, ...second.locks],
		notes: [.../* @__PURE__ */ new Set([...first.notes, ...second.notes])],
		podTemplates: [...first.podTemplates, ...second.podTemplates],
		podsAffected: first.podsAffected + second.podsAffected
	};
}
function joinUndo({ undo, requests }, second) {
	if (undo.kind !== "requests" || second.undo.kind !== "requests") return undo;
	const shifted = second.undo.requests.map((one) => ({
		...one,
		undoes: one.undoes + requests.length
	}));
	return {
		...undo,
		requests: [...undo.requests, ...shifted],
		checks: [...undo.checks, ...second.undo.checks]
	};
}
function notesOn({ parameters }, { target, requests }, consumers) {
	if (requests.length === 0) return [];
	if (consumers.length === 0) return [`No workload and no pod here uses what changes of ${say(target)}.`];
	if (!parameters["restart-consumers"]) return consumers.map(sayConsumer);
	return consumers.filter(({ kind }) => kind === POD).map(({ object }) => `${say(refOf(POD, object))} uses it too and is not restarted: no workload has it.`);
}

// src/catalog/plan-secret-update.ts
const SECRET = {
	apiVersion: "v1",
	kind: "Secret",
	resource: "secrets",
	shortNames: ["secret", "secrets"]
};
const KEPT_BY_OTHERS = [
	"kubernetes.io/service-account-token",
	"bootstrap.kubernetes.io/token",
	"helm.sh/release.v1"
];
const secretPlanner = {
	name: "update-secret",
	scope: "namespace",
	permissions: [
		...READ_NAMESPACE,
		{
			apiGroups: [""],
			resources: ["secrets"],
			verbs: [
				"get",
				"list",
				"watch",
				"patch"
			]
		},
		RESTART_CONSUMERS
	],
	reads: (question) => [{
		kind: "get",
		path: targetPath(question)
	}, ...readsOfConsumers(question.namespace)],
	plan(question, seen) {
		const object = seen.get(targetPath(question));
		if (!object) return notFound(question);
		const change = changeMap(["data"], mapAt(object, "/data"), askedOf(question));
		const refusal = refuse(question, object, change);
		if (refusal) return refusal;
		const source = {
			kind: "Secret",
			namespace: question.namespace,
			name: question.name
		};
		const keys = change.changed.map(({ key }) => key);
		return withConsumers(question, draft(question, object, change), consumersOf(source, keys, seen));
	}
};
function askedOf({ parameters, values = {} }) {
	const removed = parameters.remove.map((key) => [key, null]);
	return Object.fromEntries([...removed, ...Object.entries(valuesOf("after", values))]);
}
function draft(question, found, change) {
	const target = refOf(SECRET, found);
	const object = targetPath(question);
	const summary = sayKeys(change, target);
	const fields = change.fields.map(withoutValues);
	const request = {
		summary,
		object,
		uid: target.uid,
		fields
	};
	const { resourceVersion = "" } = found.metadata;
	const isChange = fields.length > 0;
	const { now, before } = fieldChecks(object, fields);
	return {
		kind: "plan",
		target,
		summary,
		secret: {
			object,
			uid: target.uid,
			resourceVersion
		},
		requests: isChange ? [changeFields({
			...request,
			alsoTest: [{
				pointer: RESOURCE_VERSION,
				value: resourceVersion
			}]
		})] : [],
		checks: [now],
		undo: {
			kind: "requests",
			requests: isChange ? [{
				...undoFields(request, `put back what was in ${say(target)}`),
				undoes: 0
			}] : [],
			checks: [before]
		},
		locks: [target],
		notes: isChange ? ["The values before are kept for the undo in a Secret of the executor, which goes with the Job; the plan and its hash hold no value."] : [],
		podTemplates: [],
		podsAffected: 0
	};
}
const RESOURCE_VERSION = "/metadata/resourceVersion";
function withoutValues({ pointer, before, after }) {
	return {
		pointer,
		...before === void 0 ? {} : { before: referenceFor("before", pointer, before) },
		...after === void 0 ? {} : { after: referenceFor("after", pointer, after) }
	};
}
function referenceFor(side, pointer, value) {
	if (!isRecord(value)) return referTo(side, pointer.slice(6));
	return Object.fromEntries(Object.keys(value).map((key) => [key, referTo(side, key)]));
}
function refuse(question, object, change) {
	const type = textAt(object, "/type");
	const objections = [...KEPT_BY_OTHERS.some((kept) => kept === type) ? [`its type is ${type}, which is kept by others`] : [], ...objectionsToData(object, bytesOf(change.after, "base64"))];
	return refuseData(question, change, objections);
}

// src/catalog/planners.ts
const planners = [secretPlanner];

// src/cluster/credentials/in-cluster.ts
const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";
async function openInClusterAccess(env, hear = () => {}) {
	const host = env["KUBERNETES_SERVICE_HOST"];
	const port = env["KUBERNETES_SERVICE_PORT"];
	if (host === void 0 || host === "" || port === void 0 || port === "") throw new Error("not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
	const [certificateAuthority, namespace] = await Promise.all([readMounted$1("ca.crt"), readMounted$1("namespace")]);
	const token = async () => {
		const text = await readMounted$1("token");
		hear(text);
		return text;
	};
	return {
		url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
		certificateAuthority,
		namespace,
		origin: "the ServiceAccount of this pod",
		credentials: async () => ({ authorization: `Bearer ${await token()}` }),
		identity: async () => readPodIdentity(await token())
	};
}
async function readMounted$1(name) {
	const file = join(SERVICE_ACCOUNT_DIRECTORY, name);
	const trimmed = (await readFile(file, "utf8").catch((error) => {
		throw new Error(`the pod's ServiceAccount can't be read from ${file} (is automountServiceAccountToken off?)`, { cause: error });
	})).trim();
	if (trimmed === "") throw new Error(`${file} is empty`);
	return trimmed;
}
function readPodIdentity(token) {
	const claims = readPointer(decodeClaims(token), "/kubernetes.io");
	const identity = {
		namespace: textAt(claims, "/namespace"),
		serviceAccount: textAt(claims, "/serviceaccount/name"),
		podName: textAt(claims, "/pod/name"),
		podUid: textAt(claims, "/pod/uid")
	};
	if (Object.values(identity).includes("")) throw new Error("the ServiceAccount token is not bound to a pod");
	return identity;
}
function decodeClaims(token) {
	const payload = token.split(".")[1];
	if (payload === void 0) return void 0;
	try {
		return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
	} catch {
		return;
	}
}

// src/plan/status-message.ts
const LONGEST_TEXT = 1e3;
function statusMessage(body) {
	return typeof body === "string" ? withoutObjects(body).slice(0, LONGEST_TEXT) : withoutObjects(textAt(body, "/message"));
}
function withoutObjects(message) {
	let shown = "";
	let rest = message.replaceAll(DIFF, "$1");
	for (let begin = rest.search(OBJECT); begin >= 0; begin = rest.search(OBJECT)) {
		shown += `${rest.slice(0, begin)}(object)`;
		rest = rest.slice(begin + lengthOfObject(rest.slice(begin)));
	}
	return shown + rest;
}
const DIFF = /(: Forbidden: [^\n]*)(?:\n(?![,\]])[^\n]*)+\n?/g;
const OBJECT = /(?<=\b(?:Invalid|Unsupported|Duplicate) value: )(?:"\{|[^\s":{[]*[{[])/;
const TEXT_OR_BRACKET = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|$)|[{}[\]]/gs;
const AFTER_OBJECT = /^(?:: |, |\]|\n|$)/;
const NESTING = {
	"{": 1,
	"[": 1,
	"}": -1,
	"]": -1
};
function lengthOfObject(text) {
	let depth = 0;
	for (const { 0: token, index } of text.matchAll(TEXT_OR_BRACKET)) {
		depth += NESTING[token] ?? 0;
		const end = index + token.length;
		if (depth === 0 && AFTER_OBJECT.test(text.slice(end))) return end;
	}
	return text.length;
}

// src/cluster/errors.ts
function messageOf(error) {
	return error instanceof Error ? error.message : String(error);
}
function stackOf(error) {
	return error instanceof Error ? error.stack ?? error.message : String(error);
}
var ApiError = class extends Error {
	name = "ApiError";
	status;
	isStatus;
	reason;
	retryAfterSeconds;
	causes;
	causeMessages;
	constructor(status, body) {
		super(statusMessage(body) || `HTTP ${status}`);
		const causes = readPointer(body, "/details/causes");
		const retryAfter = readPointer(body, "/details/retryAfterSeconds");
		this.status = status;
		this.isStatus = textAt(body, "/kind") === "Status";
		this.reason = textAt(body, "/reason");
		this.retryAfterSeconds = typeof retryAfter === "number" ? retryAfter : void 0;
		this.causes = textsOf(causes, "/reason");
		this.causeMessages = textsOf(causes, "/message").map(withoutObjects);
	}
};
function cannotServe({ status }) {
	return status === 429 || status >= 500;
}
function isOverload({ status, causes }) {
	return status === 429 && !causes.includes("DisruptionBudget");
}
const LASTING = /* @__PURE__ */ new Set([
	501,
	505,
	511
]);
function isFinalFault({ status, message }) {
	return LASTING.has(status) || status === 500 && message.includes("more than one PodDisruptionBudget");
}
function mayPass(error) {
	return isOverload(error) || error.status >= 500 && !isFinalFault(error);
}
function isWebhookAway({ status, message }) {
	return status === 500 && message.includes("calling webhook");
}
function isConflict({ status }, { patchType }) {
	return status === 409 || status === 422 && patchType === "json";
}
function isHeldBack({ causes }) {
	return causes.includes("DisruptionBudget") || causes.includes("NamespaceTerminating");
}
var NoAnswer = class extends Error {
	name = "NoAnswer";
	neverSent;
	isFinal;
	constructor(message, options = {}) {
		super(message, "cause" in options ? { cause: options.cause } : void 0);
		this.neverSent = options.neverSent ?? false;
		this.isFinal = options.isFinal ?? false;
	}
};
var CredentialsError = class extends Error {
	name = "CredentialsError";
};
function textsOf(causes, pointer) {
	return Array.isArray(causes) ? causes.map((cause) => textAt(cause, pointer)).filter((text) => text !== "") : [];
}

// src/cluster/node-http.ts
const http = process.getBuiltinModule("node:http");

// src/cluster/proxy.ts
const CONNECT_TIMEOUT_MS = 2e4;
var ProxyError = class extends Error {
	name = "ProxyError";
};
function readProxy(proxyUrl) {
	const url = URL.parse(proxyUrl);
	if (url === null || url.protocol !== "http:" && url.protocol !== "https:") {
		const scheme = url === null ? "a proxy address that is no URL" : `a ${url.protocol.replace(":", "")} proxy`;
		throw new Error(`${scheme} is not supported: only http:// and https:// proxies are`);
	}
	const authorization = authorizationOf(url);
	return {
		url,
		shown: `${url.protocol}//${url.host}`,
		...authorization === void 0 ? {} : { authorization }
	};
}
function authorizationOf({ username, password, host }) {
	if (username === "") return void 0;
	const pair = [username, password].map(unescaped);
	if (pair.includes(void 0)) throw new Error(`user or password of the proxy ${host} has a "%" that begins no escape: write each "%" of it as %25`);
	return `Basic ${Buffer.from(pair.join(":")).toString("base64")}`;
}
function unescaped(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return;
	}
}
function openTunnel(proxy, target) {
	const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`;
	const request = connectRequest(proxy, authority);
	return new Promise((resolve, reject) => {
		const fail = (why, cause) => {
			request.destroy();
			reject(new ProxyError(`proxy ${proxy.shown} did not connect to ${authority}: ${why}`, { cause }));
		};
		request.once("connect", (answer, socket) => {
			if (answer.statusCode === 200) resolve(socket);
			else fail(`it answered ${answer.statusCode} ${answer.statusMessage ?? ""}`.trimEnd());
		});
		request.once("response", (answer) => fail(`it answered ${answer.statusCode}`));
		request.once("error", (error) => fail(error.message, error));
		request.setTimeout(CONNECT_TIMEOUT_MS, () => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1e3} s`));
		request.end();
	});
}
function connectRequest({ url, authorization }, authority) {
	return (url.protocol === "https:" ? https.request : http.request)({
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? url.protocol === "https:" ? 443 : 80 : Number(url.port),
		method: "CONNECT",
		path: authority,
		agent: false,
		headers: {
			host: authority,
			...authorization === void 0 ? {} : { "proxy-authorization": authorization }
		}
	});
}

// src/cluster/connection.ts
const PROBE_AFTER_MS = 3e4;
const IDLE_MS = 4e4;
const MAX_SOCKETS = 32;
function openAgent(access, maxSockets = MAX_SOCKETS) {
	const secure = new URL(access.url).protocol === "https:";
	const pool = {
		keepAlive: true,
		keepAliveMsecs: PROBE_AFTER_MS,
		maxSockets,
		timeout: IDLE_MS
	};
	const agent = secure ? new https.Agent({
		...pool,
		...tlsOptions(access)
	}) : new http.Agent({
		...pool,
		scheduling: "lifo"
	});
	if (access.proxyUrl !== void 0) tunnelThrough(agent, access.proxyUrl, secure);
	return agent;
}
function tlsOptions(access) {
	return {
		scheduling: "lifo",
		minVersion: "TLSv1.2",
		...access.certificateAuthority === void 0 ? {} : { ca: access.certificateAuthority },
		...access.tlsServerName === void 0 ? {} : { servername: access.tlsServerName },
		...access.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}
	};
}
function tunnelThrough(agent, proxyUrl, secure) {
	const proxy = readProxy(proxyUrl);
	agent.createConnection = (options, connected) => {
		const target = {
			host: options.host ?? "localhost",
			port: Number(options.port)
		};
		openTunnel(proxy, target).then((socket) => secure ? secureOver(socket, options) : socket).then((socket) => connected?.(null, socket), (error) => connected?.(asError(error), void 0));
	};
}
function secureOver(socket, options) {
	try {
		return tls.connect({
			...tlsOver(options),
			socket
		});
	} catch (error) {
		socket.destroy();
		throw error;
	}
}
function tlsOver(options) {
	const { path: _path, ...rest } = options;
	return rest;
}
function asError(error) {
	return error instanceof Error ? error : new Error(String(error));
}

// src/cluster/wire-json.ts
const ESCAPED = /[<>&\u2028\u2029]/g;
function wireJson(value) {
	return JSON.stringify(value).replaceAll(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// src/cluster/exchange.ts
const DEFAULT_TIMEOUT_MS = 3e4;
async function exchange(route, credentials, request) {
	const body = request.body === void 0 ? void 0 : Buffer.from(wireJson(request.body));
	const outgoing = openUsable(route, credentials, request, body);
	const flight = watchFlight(outgoing, route.access.url, request);
	return new Promise((resolve, reject) => {
		outgoing.once("response", (answer) => resolve({
			answer,
			...flight
		}));
		outgoing.once("error", (error) => {
			flight.end();
			reject(whyUnusable(error, route.access.origin) ?? flight.explain(error));
		});
		outgoing.end(body);
	});
}
function stopped(request, neverSent) {
	const message = `${request.method} ${request.path} was stopped`;
	return new NoAnswer(message, {
		neverSent,
		isFinal: true,
		cause: request.signal?.reason
	});
}
function openUsable(...[route, ...rest]) {
	try {
		return openRequest(route, ...rest);
	} catch (error) {
		throw whyUnusable(error, route.access.origin) ?? error;
	}
}
function whyUnusable(error, origin) {
	const { code, message } = codeAndMessage(error);
	if (code === "ERR_INVALID_CHAR") {
		const header = /\["([a-z-]+)"\]/.exec(message)?.[1] ?? "";
		const said = `${origin}: ${header.startsWith("impersonate-") ? "the name to act as" : "the token"} has a character that can't be sent (HTTP header ${header}); give it on one line, without quotes or other signs around it`;
		return new CredentialsError(said, { cause: error });
	}
	if (!code.startsWith("ERR_OSSL_")) return void 0;
	const said = `${origin}: the client certificate or its key can't be used: ${message}. Both must be whole and belong together`;
	return new CredentialsError(said, { cause: error });
}
function openRequest(route, credentials, request, body) {
	const base = new URL(route.access.url);
	const query = new URLSearchParams({ ...request.query }).toString();
	const options = {
		agent: route.agent,
		host: base.hostname.replace(/^\[|\]$/g, ""),
		...base.port === "" ? {} : { port: Number(base.port) },
		method: request.method,
		path: `${base.pathname.replace(/\/+$/, "")}${request.path}${query === "" ? "" : `?${query}`}`,
		headers: {
			...headersOf(credentials),
			...bodyHeaders(request, body)
		},
		...credentials.certificate === void 0 ? {} : { cert: credentials.certificate },
		...credentials.key === void 0 ? {} : { key: credentials.key }
	};
	return base.protocol === "https:" ? https.request(options) : http.request(options);
}
function headersOf(credentials) {
	const as = credentials.impersonate;
	return {
		accept: "application/json",
		"user-agent": "kubernetes-executor",
		...credentials.authorization === void 0 ? {} : { authorization: credentials.authorization },
		...as === void 0 ? {} : { "impersonate-user": as.user },
		...as === void 0 || as.groups.length === 0 ? {} : { "impersonate-group": [...as.groups] }
	};
}
function bodyHeaders(request, body) {
	if (body === void 0) return request.method === "GET" ? {} : { "content-length": 0 };
	return {
		"content-type": request.contentType ?? "application/json",
		"content-length": body.length
	};
}
function watchFlight(outgoing, url, request) {
	const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
	const said = `${request.method} ${request.path}`;
	let sent = false;
	let stoppedBy;
	let answer;
	const stop = (reason) => {
		if (answer?.complete === true) return;
		stoppedBy ??= reason;
		outgoing.destroy(reason);
	};
	const onAbort = () => stop(stopped(request, !sent));
	const timer = setTimeout(() => {
		const message = `${url} did not answer ${said} within ${timeoutMs / 1e3} s`;
		stop(new NoAnswer(message, { neverSent: !sent }));
	}, timeoutMs);
	request.signal?.addEventListener("abort", onAbort, { once: true });
	if (request.signal?.aborted === true) onAbort();
	outgoing.once("response", (begun) => {
		answer = begun;
	});
	whenSent(outgoing, () => {
		sent = true;
	});
	const settle = () => clearTimeout(timer);
	return {
		settle,
		explain: (error) => stoppedBy ?? explainFailure(error, `${url}: ${said}`, sent),
		end: () => {
			settle();
			request.signal?.removeEventListener("abort", onAbort);
		}
	};
}
function whenSent(outgoing, onSent) {
	outgoing.once("socket", (socket) => {
		if (socket.secureConnecting === true) socket.once("secureConnect", onSent);
		else if (socket.connecting) socket.once("connect", onSent);
		else onSent();
	});
}
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_/;
function explainFailure(error, what, sent) {
	if (error instanceof NoAnswer) return error;
	if (error instanceof ProxyError) return new NoAnswer(error.message, {
		neverSent: true,
		cause: error
	});
	const { code, message } = codeAndMessage(error);
	if (!sent && CERTIFICATE_ERROR.test(code)) return new NoAnswer(`${what}: TLS failed: ${message} (check the certificate authority and the server name of the credentials)`, {
		neverSent: true,
		isFinal: true,
		cause: error
	});
	return new NoAnswer(`${what}: ${sent ? "the connection broke before the answer was read" : "could not connect"}: ${message}`, {
		neverSent: !sent,
		cause: error
	});
}
function codeAndMessage(error) {
	if (!(error instanceof Error)) return {
		code: "",
		message: String(error)
	};
	const code = "code" in error && typeof error.code === "string" ? error.code : "";
	const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0].message : "";
	return {
		code,
		message: error.message || first || code
	};
}

// src/cluster/pause.ts
function backoffMs(attempt, firstMs, longestMs) {
	const full = Math.min(firstMs * 2 ** (attempt - 1), longestMs);
	return full / 2 + Math.random() * full / 2;
}
function openBackoff(firstMs, longestMs, signal) {
	let attempt = 1;
	return {
		async wait() {
			const ms = backoffMs(attempt, firstMs, longestMs);
			attempt += 1;
			await pause(ms, signal);
		},
		reset() {
			attempt = 1;
		}
	};
}
function pause(ms, signal) {
	return setTimeout$1(ms, true, signal === void 0 ? {} : { signal }).catch(() => false);
}
async function untilSettled(promise, ms, signal) {
	const { promise: due, resolve } = Promise.withResolvers();
	const timer = setTimeout(resolve, Math.max(1, ms));
	const wakeUp = () => resolve();
	signal?.addEventListener("abort", wakeUp, { once: true });
	if (signal?.aborted === true) wakeUp();
	await Promise.race([promise, due]).finally(() => {
		clearTimeout(timer);
		signal?.removeEventListener("abort", wakeUp);
	});
}

// src/cluster/retry.ts
const LONGEST_BACKOFF_MS = 2e3;
const RETRY_RULES = {
	attempts: 10,
	backoffMs: 250,
	maxWaitMs: 3e4,
	giveUpAfterMs: 45e3
};
function waitAfterAnswer(request, answer, attempt, rules) {
	if (attempt >= rules.attempts || !isRetriable(request, answer)) return void 0;
	const asked = (answer.retryAfterSeconds ?? 0) * 1e3;
	if (asked > rules.maxWaitMs) return void 0;
	return Math.max(asked, backoffMs(attempt, rules.backoffMs, LONGEST_BACKOFF_MS));
}
function waitAfterSilence(request, failure, attempt, rules) {
	if (attempt >= rules.attempts || failure.isFinal) return void 0;
	if (!failure.neverSent && !mayResend(request)) return void 0;
	return backoffMs(attempt, rules.backoffMs, LONGEST_BACKOFF_MS);
}
function leavesOpen(outcome) {
	return outcome instanceof NoAnswer ? !outcome.neverSent : outcome.status >= 500;
}
function isRetriable(request, answer) {
	const error = new ApiError(answer.status, answer.body);
	return mayResend(request) && mayPass(error) && !isWebhookAway(error);
}
function mayResend(request) {
	return request.method === "GET" || request.resendable === true;
}

// src/cluster/server-readiness.ts
const TIMEOUT_MS$1 = 3e3;
async function askReadiness(route, signal) {
	const asked = {
		method: "GET",
		path: "/readyz",
		timeoutMs: TIMEOUT_MS$1,
		...signal ? { signal } : {}
	};
	try {
		const { authorization: _token, impersonate: _as, ...certificate } = await route.access.credentials(signal);
		const asking = await exchange(route, certificate, asked);
		asking.answer.resume();
		asking.end();
		const { statusCode = 0 } = asking.answer;
		if (statusCode === 403) return "unknown";
		return statusCode < 500 ? "ready" : "not-ready";
	} catch {
		return "not-ready";
	}
}

// src/cluster/warning-header.ts
const WARNING = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g;
function readWarnings(rawHeaders) {
	const texts = [];
	for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
		if (rawHeaders[at]?.toLowerCase() !== "warning") continue;
		for (const [, quoted = ""] of (rawHeaders[at + 1] ?? "").matchAll(WARNING)) texts.push(quoted.replaceAll(/\\(.)/g, "$1"));
	}
	return texts;
}

// src/cluster/transport.ts
const MOST_DOUBTS = 4;
const RECOVERY_MS = 1e4;
const SHARED_STREAMS = 8;
function openApiServer(access, rules = {}) {
	const route = {
		access,
		agent: openAgent(access)
	};
	const forStreams = {
		access,
		agent: openAgent(access, Infinity)
	};
	const shared = /* @__PURE__ */ new Set();
	const server = {
		route,
		rules: {
			...RETRY_RULES,
			...rules
		},
		troubledAt: -Infinity
	};
	return {
		url: new URL(access.url).origin,
		close: () => {
			route.agent.destroy();
			forStreams.agent.destroy();
		},
		send: async (request) => {
			const { retryAfterSeconds: _, ...answer } = await untilFinal(server, request, () => sendOnce$1(route, request));
			return answer;
		},
		stream: async (request) => {
			const isShared = shared.size < SHARED_STREAMS;
			const stream = Symbol(request.path);
			if (isShared) shared.add(stream);
			const ended = () => void shared.delete(stream);
			try {
				const opened = await openStream(server, request, isShared ? route : forStreams);
				if ("answer" in opened) throw new ApiError(opened.answer.status, opened.answer.body);
				return chunksOf(opened.stream, ended);
			} catch (error) {
				ended();
				throw error;
			}
		}
	};
}
async function untilFinal(server, request, once) {
	const givenUpAt = performance.now() + server.rules.giveUpAfterMs;
	const doubt = {
		server,
		request,
		times: 0
	};
	let mayBeDone = false;
	for (let attempt = 1;; attempt += 1) {
		const outcome = await once().then((answer) => unlessTooEarly(doubt, answer)).catch(passNoAnswer$1);
		if (outcome instanceof NoAnswer && !outcome.isFinal) server.troubledAt = performance.now();
		const wait = waitAfter(request, outcome, attempt, server.rules);
		if (!(performance.now() < givenUpAt && wait !== void 0 && await pause(wait, request.signal))) return afterEarlier(outcome, mayBeDone);
		mayBeDone ||= leavesOpen(outcome);
	}
}
function waitAfter(request, outcome, attempt, rules) {
	return outcome instanceof NoAnswer ? waitAfterSilence(request, outcome, attempt, rules) : waitAfterAnswer(request, outcome, attempt, rules);
}
function afterEarlier(last, mayBeDone) {
	if (!(last instanceof NoAnswer)) return mayBeDone ? {
		...last,
		mayBeDone
	} : last;
	const { message, isFinal, cause } = last;
	throw last.neverSent && mayBeDone ? new NoAnswer(message, {
		isFinal,
		cause
	}) : last;
}
function passNoAnswer$1(error) {
	if (error instanceof NoAnswer) return error;
	throw error;
}
async function unlessTooEarly(doubt, answer) {
	if (answer.status !== 401 && answer.status !== 403) return answer;
	const { route, troubledAt } = doubt.server;
	if (doubt.times > 0 || performance.now() - troubledAt > RECOVERY_MS) {
		const readiness = await askReadiness(route, doubt.request.signal);
		if (readiness === "ready" || readiness === "unknown" && doubt.times >= MOST_DOUBTS) return answer;
	}
	doubt.times += 1;
	const { message } = new ApiError(answer.status, answer.body);
	const said = `${route.access.url} has just started and is not ready yet; it said: ${message}`;
	throw new NoAnswer(said, { neverSent: true });
}
async function openStream(server, request, route) {
	let stream;
	const answer = await untilFinal(server, request, async () => {
		const opened = await authorized(route, request, (credentials) => openOnce(route, credentials, request));
		if ("answer" in opened) return opened.answer;
		stream = opened.stream;
		return {
			status: 200,
			body: void 0,
			warnings: []
		};
	});
	return stream === void 0 ? { answer } : { stream };
}
async function openOnce(route, credentials, request) {
	const opened = await exchange(route, credentials, request);
	if (isSuccess(opened.answer.statusCode)) {
		opened.settle();
		return { stream: opened };
	}
	return { answer: await readAnswer(opened) };
}
async function sendOnce$1(route, request) {
	return (await authorized(route, request, async (credentials) => {
		return { answer: await readAnswer(await exchange(route, credentials, request)) };
	})).answer;
}
async function authorized(route, request, once) {
	const first = await once(await credentialsFor(route, request));
	if (!("answer" in first) || first.answer.status !== 401) return first;
	route.access.forget?.();
	return once(await credentialsFor(route, request));
}
async function credentialsFor({ access }, request) {
	try {
		return await access.credentials(request.signal);
	} catch (error) {
		throw request.signal?.aborted === true && error === request.signal.reason ? stopped(request, true) : error;
	}
}
async function readAnswer(opened) {
	try {
		const chunks = [];
		for await (const chunk of opened.answer) chunks.push(chunk);
		const { headers, rawHeaders, statusCode = 0 } = opened.answer;
		const retryAfter = Number(headers["retry-after"]);
		return {
			status: statusCode,
			body: parseBody(Buffer.concat(chunks).toString("utf8")),
			warnings: readWarnings(rawHeaders),
			...Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}
		};
	} catch (error) {
		throw opened.explain(error);
	} finally {
		opened.end();
	}
}
async function* chunksOf(opened, ended) {
	try {
		for await (const chunk of opened.answer) yield chunk;
	} catch (error) {
		throw opened.explain(error);
	} finally {
		opened.answer.destroy();
		opened.end();
		ended();
	}
}
function parseBody(text) {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
function isSuccess(status) {
	return status !== void 0 && status >= 200 && status < 300;
}

// src/plan/hash.ts
const TIME = { $planAt: true };
function hashPlan({ notes: _notes, ...plan }) {
	const checks = plan.checks.map((check) => "siblings" in check ? {
		...check,
		siblings: null
	} : check);
	return hashJson(replaceStrings({
		...plan,
		checks,
		undo: atAnyMoment(plan.undo)
	}, plan.at));
}
function atAnyMoment(undo) {
	if (undo.kind !== "requests") return undo;
	const checks = undo.checks.map((check) => "heldBefore" in check ? {
		...check,
		heldBefore: null
	} : check);
	return {
		...undo,
		checks
	};
}
function replaceStrings(value, at) {
	if (value === at) return TIME;
	if (Array.isArray(value)) return value.map((member) => replaceStrings(member, at));
	if (!isRecord(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceStrings(member, at)]));
}

// src/rehearse/question.ts
function hashQuestion(question) {
	return hashJson(question);
}
function hashValues({ values, salt }) {
	return hashJson({
		salt,
		values
	});
}

// src/plan/pods.ts
function isStaticPod(pod) {
	const owner = controllerOf(pod);
	return pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== void 0 || owner?.kind === "Node" && owner.apiVersion === "v1";
}
function isOfDaemonSet(pod) {
	const owner = controllerOf(pod);
	return owner?.kind === "DaemonSet" && owner.apiVersion.startsWith("apps/");
}
function isFinished(pod) {
	const phase = textAt(pod, "/status/phase");
	return phase === "Succeeded" || phase === "Failed";
}
function sayPod({ metadata: { namespace, name } }) {
	return `${namespace ?? ""}/${name}`;
}
function workStatusesOf(pod) {
	return ["initContainerStatuses", "containerStatuses"].flatMap((list) => statusesIn(pod, list));
}
function statusesIn(pod, list) {
	const statuses = readPointer(pod, `/status/${list}`);
	return Array.isArray(statuses) ? statuses : [];
}

// src/plan/conditions.ts
function conditionOf(object, type) {
	const conditions = readPointer(object, "/status/conditions");
	const found = Array.isArray(conditions) ? conditions.find((one) => textAt(one, "/type") === type) : void 0;
	if (found === void 0) return void 0;
	return {
		status: textAt(found, "/status"),
		reason: textAt(found, "/reason"),
		message: textAt(found, "/message"),
		updated: textAt(found, "/lastUpdateTime") || textAt(found, "/lastTransitionTime")
	};
}

// src/plan/nodes.ts
function onNode(node) {
	return `spec.nodeName=${node}`;
}

// src/verify/node-drained.ts
function judgeDrained(check, view) {
	const pods = view.list(podsOnNode(check));
	const planned = new Set(check.uids);
	const late = pods.filter((pod) => !planned.has(pod.metadata.uid) && !view.isNew(pod) && isToGo(pod));
	if (late.length > 0) return {
		kind: "failed",
		reasonCode: "conflict",
		detail: `${late.map(sayPod).toSorted().join(", ")} came to node/${check.node} after the drain was planned, and would stay on it. Plan again`
	};
	const left = pods.filter(({ metadata }) => planned.has(metadata.uid));
	if (left.length > 0) {
		const names = left.map(describe$3).toSorted().join(", ");
		return {
			kind: "pending",
			detail: `${left.length} of ${check.uids.length} pods have not ended: ${names}`
		};
	}
	const newcomers = pods.filter((pod) => view.isNew(pod) && isToGo(pod)).map(sayPod);
	const gone = `${check.uids.length} pods have left node/${check.node}`;
	return {
		kind: "met",
		detail: newcomers.length === 0 ? gone : `${gone}; new on it since the drain began: ${newcomers.toSorted().join(", ")}`
	};
}
function podsOnNode({ node }) {
	return {
		path: {
			group: "",
			version: "v1",
			resource: "pods"
		},
		fieldSelector: onNode(node)
	};
}
function isToGo(pod) {
	return !(isOfDaemonSet(pod) || isStaticPod(pod) || isFinished(pod)) && pod.metadata.deletionTimestamp === void 0;
}
function describe$3(pod) {
	const since = pod.metadata.deletionTimestamp;
	return since === void 0 ? sayPod(pod) : `${sayPod(pod)} (to end by ${since})`;
}

// src/verify/watched-by.ts
function watchedBy(check) {
	switch (check.kind) {
		case "fields-equal":
		case "object-exists":
		case "object-gone":
		case "condition-true": return [{ path: check.object }];
		case "replicas-available":
		case "rollout-complete": return [{ path: check.object }, podsOf(check)];
		case "pod-replaced": return [podsOf(check)];
		case "node-drained": return [podsOnNode(check)];
	}
}
function podsOf(check) {
	const namespace = "object" in check ? check.object.namespace : check.namespace;
	return {
		path: {
			group: "",
			version: "v1",
			resource: "pods",
			...namespace === void 0 ? {} : { namespace }
		},
		labelSelector: check.podSelector
	};
}
function podsFor(check, view) {
	return view.list(podsOf(check)).filter((pod) => !isFinished(pod) && controllerOf(pod)?.kind !== "Job");
}

// src/job/rollback-settings.ts
const WRITTEN = /^on-locked=(fail|wait|skip),lock-timeout=(\d{1,6}),verify-timeout=(\d{1,6}),run-timeout=(\d{1,6}),schedule-timeout=(\d{1,6})$/;
function readRollbackSettings(text) {
	const [, onLocked, ...seconds] = WRITTEN.exec(text) ?? [];
	if (onLocked === void 0) return void 0;
	const [lock = 0, verify = 0, run = 0, schedule = 0] = seconds.map(Number);
	return {
		onLocked,
		lockTimeoutSeconds: lock,
		verifyTimeoutSeconds: verify,
		runTimeoutSeconds: run,
		scheduleTimeoutSeconds: schedule
	};
}

// src/job/declared.ts
function readArguments(args) {
	const value = (name) => {
		const found = args.find((arg) => arg.startsWith(`--${name}=`));
		return found === void 0 ? "" : found.slice(name.length + 3);
	};
	const scope = args.includes("--cluster") ? { kind: "cluster" } : {
		kind: "namespace",
		namespace: value("namespace")
	};
	const rollsBack = value("rolls-back");
	const valuesHash = value("values-hash");
	const rollbackSettings = readRollbackSettings(value("rollback-settings"));
	return {
		planHash: value("plan-hash"),
		action: value("action"),
		scope,
		...rollsBack === "" ? {} : { rollsBack },
		...rollbackSettings && { rollbackSettings },
		...args.includes("--rehearse") ? { rehearses: true } : {},
		...valuesHash === "" ? {} : { valuesHash }
	};
}
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
function findMisfits(envelope, declared, jobName) {
	const { plan, executionId } = envelope;
	return [...thoseThatHold([
		[hashPlan(plan) !== declared.planHash, "the plan is not the one whose hash the Job declares"],
		[!RFC_3339.test(plan.at), "the time of the plan is none"],
		[executionId !== (declared.rollsBack ?? jobName), `the plan is of execution ${executionId}`],
		[declared.rollbackSettings === void 0 !== (declared.rollsBack === void 0), "a rollback, and nothing else, declares settings of its own"],
		[plan.action !== declared.action, `the plan is of ${plan.action}, the Job of ${declared.action}`],
		[!sameJson(plan.scope, declared.scope), "the plan is for another scope than the one that the Job declares"]
	]), ...findMisplaced(plan, declared.scope)];
}
function findQuestionMisfits(envelope, declared, jobName) {
	const { question, executionId } = envelope;
	const { action, scope, namespace } = question;
	return thoseThatHold([
		[declared.rehearses === true && hashQuestion(question) !== declared.planHash, "the question is not the one whose hash the Job declares"],
		[hashValues(envelope) !== declared.valuesHash, "the values are not the ones whose hash the Job declares: somebody else has put them there"],
		[!RFC_3339.test(question.at), "the time of the question is none"],
		[executionId !== jobName, `the question is of execution ${executionId}`],
		[action !== declared.action, `the question is about ${action}, the Job of ${declared.action}`],
		[!sameJson(scope, declared.scope) || (scope.kind === "namespace" ? scope.namespace : "") !== namespace, "the question is about another scope than the one that the Job declares"]
	]);
}
function thoseThatHold(sentences) {
	return sentences.flatMap(([holds, sentence]) => holds ? [sentence] : []);
}
function findMisplaced(plan, scope) {
	if (scope.kind === "cluster") return [];
	const { undo } = plan;
	const requests = undo.kind === "requests" ? [...plan.requests, ...undo.requests] : plan.requests;
	const awaited = requests.flatMap((request) => request.awaits ?? []);
	const checks = [
		...plan.checks,
		...awaited,
		...undo.kind === "requests" ? undo.checks : []
	];
	return [
		...requests.map(({ summary, path }) => ({
			what: `"${summary}"`,
			namespace: path.namespace
		})),
		...requests.map(({ summary, effect }) => ({
			what: `the effect of "${summary}"`,
			namespace: effect.object.namespace
		})),
		...checks.flatMap(watchedBy).map(({ path }) => ({
			what: `a check of ${path.resource}`,
			namespace: path.namespace
		})),
		...plan.secret ? [{
			what: "the Secret that it is about",
			namespace: plan.secret.object.namespace
		}] : [],
		...plan.locks.map((lock) => ({
			what: `the lock of ${say(lock)}`,
			namespace: lock.namespace
		}))
	].filter(({ namespace }) => namespace !== scope.namespace).map(({ what }) => `${what} is not for namespace ${scope.namespace}, which the Job declares`);
}

// src/job/lease.ts
function leasePath(place) {
	return {
		group: "coordination.k8s.io",
		version: "v1",
		resource: "leases",
		...place
	};
}
function microTime(date) {
	return date.toISOString().replace("Z", "000Z");
}
function holderIdentity({ namespace, podName, podUid }) {
	return `${namespace}/${podName}/${podUid}`;
}
function readHolder(identity) {
	const [namespace, podName, podUid] = identity.split("/");
	return namespace === void 0 || podName === void 0 || podUid === void 0 ? void 0 : {
		namespace,
		podName,
		podUid
	};
}
function holderOf(lease) {
	const holder = specOf(lease)["holderIdentity"];
	return typeof holder === "string" ? holder : "";
}
function specOf(lease) {
	const spec = lease["spec"];
	return isRecord(spec) ? spec : {};
}

// src/plan/fill-values.ts
function onlyReferred(values, plan) {
	const referred = new Set(namesIn([
		plan.requests,
		plan.checks,
		plan.undo
	]));
	return Object.fromEntries(Object.entries(values).filter(([name]) => referred.has(name)));
}
function namesIn(part) {
	if (Array.isArray(part)) return part.flatMap(namesIn);
	if (!isRecord(part)) return [];
	const { $value: name } = part;
	return typeof name === "string" ? [name] : Object.values(part).flatMap(namesIn);
}
function fillValues(part, { object }, values) {
	const isOurs = (path) => sameJson(path, object);
	const fillRequest = (request) => isOurs(request.path) && isOurs(request.effect.object) ? {
		...request,
		body: fill(request.body, values),
		effect: fill(request.effect, values)
	} : request;
	const fillCheck = (check) => check.kind === "fields-equal" && isOurs(check.object) ? fill(check, values) : check;
	const { undo } = part;
	const filled = {
		requests: part.requests.map(fillRequest),
		checks: part.checks.map(fillCheck),
		undo: undo.kind === "requests" ? {
			...undo,
			requests: undo.requests.map(fillRequest),
			checks: undo.checks.map(fillCheck)
		} : undo
	};
	const rest = {
		...part,
		...filled
	};
	refuseReferences(rest);
	return rest;
}
function refuseReferences(part) {
	if (Array.isArray(part)) for (const member of part) refuseReferences(member);
	else if (isRecord(part)) {
		if ("$value" in part) throw new Error("the plan refers to a value outside of the Secret that it is about");
		for (const member of Object.values(part)) refuseReferences(member);
	}
}
function fill(part, values) {
	return fillIn$1(part, values);
}
function fillIn$1(part, values) {
	if (Array.isArray(part)) return part.map((member) => fillIn$1(member, values));
	if (!isRecord(part)) return part;
	const { $value: name } = part;
	if (typeof name !== "string" || Object.keys(part).length > 1) return Object.fromEntries(Object.entries(part).map(([key, member]) => [key, fillIn$1(member, values)]));
	if (Object.hasOwn(values, name)) return values[name];
	throw new Error(`the plan refers to the value ${name}, which did not come with it`);
}

// src/plan/kubernetes-names.ts
const LABEL$1 = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
function isDnsLabel(text) {
	return text.length <= 63 && LABEL$1.test(text);
}
function isDns1035Label(text) {
	return text.length <= 63 && LABEL_1035.test(text);
}
function isDnsSubdomain(text) {
	return text.length <= 253 && text.split(".").every((part) => LABEL$1.test(part));
}

// src/cluster/path.ts
const CONTROL = /\p{Cc}/u;
const DNS_NAMED_GROUPS = /* @__PURE__ */ new Set([
	"",
	"apps",
	"autoscaling",
	"batch",
	"coordination.k8s.io",
	"policy"
]);
function requestPath(path) {
	const resource = validated("resource", path.resource, isDns1035Label(path.resource));
	return `${discoveryPath(path)}${namespaceSegments(path)}/${resource}${nameSegments(path)}`;
}
function selectionKey({ path, labelSelector = "", fieldSelector = "" }) {
	return `${requestPath(path)}?${labelSelector}&${fieldSelector}`;
}
function discoveryPath(path) {
	return `${path.group === "" ? "/api" : `/apis/${validated("API group", path.group, isDnsSubdomain(path.group))}`}/${validated("API version", path.version, isDnsLabel(path.version))}`;
}
function namespaceSegments(path) {
	if (path.namespace === void 0) return "";
	if (path.group === "" && path.resource === "namespaces") throw new Error("a namespace is no namespaced object: give its name, not its namespace");
	return `/namespaces/${validated("namespace", path.namespace, isDnsLabel(path.namespace))}`;
}
function nameSegments(path) {
	if (path.name === void 0) {
		if (path.subresource === void 0) return "";
		throw new Error(`subresource "${path.subresource}" of ${path.resource} without an object's name`);
	}
	const name = encodeSegment(validated(`name in ${path.resource}`, path.name, isNameFor(path, path.name)));
	if (path.subresource === void 0) return `/${name}`;
	return `/${name}/${validated("subresource", path.subresource, isDns1035Label(path.subresource))}`;
}
function isNameFor(path, name) {
	if (!isPathSegment(name)) return false;
	return path.group === "" && path.resource === "nodes" || !DNS_NAMED_GROUPS.has(path.group) || isDnsSubdomain(name);
}
function isPathSegment(name) {
	if (name === "" || name === "." || name === ".." || name.length > 253) return false;
	return !/[/%\\?#]/.test(name) && !CONTROL.test(name) && name.isWellFormed();
}
function encodeSegment(name) {
	return encodeURIComponent(name).replaceAll("%3A", ":");
}
function validated(what, text, isValid) {
	if (isValid) return text;
	throw new Error(`not a valid ${what}: ${JSON.stringify(text.slice(0, 300))}`);
}

// src/cluster/typed.ts
const PAGE_SIZE = 500;
function expectSuccess(response) {
	if (response.status >= 200 && response.status < 300) return response.body;
	throw new ApiError(response.status, response.body);
}
function expectObject(response) {
	const body = expectSuccess(response);
	if (isKubernetesObject(body)) return body;
	throw new ApiError(response.status, `the answer is no Kubernetes object: ${JSON.stringify(body)?.slice(0, 200)}`);
}
async function getObject(api, path, options = {}) {
	const response = await api.send({
		...options,
		method: "GET",
		path: requestPath(path)
	});
	return response.status === 404 ? null : expectObject(response);
}
async function listObjects(api, path, options = {}) {
	return await listPages(api, path, options) ?? await listPages(api, path, options) ?? listWhole(api, path, options);
}
async function listPages(api, path, options) {
	const items = [];
	let token = "";
	for (;;) {
		const response = await sendList(api, path, options, {
			limit: String(PAGE_SIZE),
			...token === "" ? {} : { continue: token }
		});
		if (response.status === 410 && token !== "") return void 0;
		const page = readList(expectSuccess(response));
		items.push(...page.items);
		if (page.token === "") return {
			items,
			resourceVersion: page.resourceVersion
		};
		token = page.token;
	}
}
async function listWhole(api, path, options) {
	const { items, resourceVersion } = readList(expectSuccess(await sendList(api, path, options, {})));
	return {
		items,
		resourceVersion
	};
}
function sendList(api, path, options, paging) {
	const { labelSelector, fieldSelector, ...call } = options;
	const query = {
		...selectorQuery({
			labelSelector,
			fieldSelector
		}),
		...paging
	};
	return api.send({
		...call,
		method: "GET",
		path: requestPath(path),
		query
	});
}
async function createObject(api, path, object, options = {}) {
	return expectObject(await api.send({
		...options,
		method: "POST",
		path: requestPath(path),
		body: object
	}));
}
function selectorQuery(selectors) {
	return Object.fromEntries(Object.entries(selectors).filter((entry) => typeof entry[1] === "string"));
}
function readList(body) {
	if (!isRecord(body) || !isRecord(body["metadata"]) || !(Array.isArray(body["items"]) || body["items"] === null)) throw new ApiError(200, `the answer is no Kubernetes list: ${JSON.stringify(body)?.slice(0, 200)}`);
	const raw = body["items"] ?? [];
	const type = {
		apiVersion: textOf$1(body["apiVersion"]),
		kind: textOf$1(body["kind"]).replace(/List$/, "")
	};
	const items = raw.filter(isKubernetesObject).map((item) => ({
		...type,
		...item
	}));
	const { resourceVersion, continue: token } = body["metadata"];
	return {
		items,
		resourceVersion: textOf$1(resourceVersion),
		token: textOf$1(token)
	};
}
function isKubernetesObject(value) {
	return isRecord(value) && isRecord(value["metadata"]);
}
function textOf$1(value) {
	return typeof value === "string" ? value : "";
}

// src/verify/fields-equal.ts
function judgeFields(check, view) {
	const object = view.object(check.object);
	if (!object) return {
		kind: "failed",
		reasonCode: "target-not-found",
		detail: "the object is gone"
	};
	const different = check.fields.filter((field) => !sameJson(readPointer(object, field.pointer), field.after));
	return different.length === 0 ? {
		kind: "met",
		detail: "so it is"
	} : {
		kind: "pending",
		detail: `${sayFields(different)} not as wanted`
	};
}
const MOST_NAMED = 4;
function sayFields(fields) {
	const named = fields.slice(0, MOST_NAMED).map(({ pointer }) => pointer);
	const more = fields.length - named.length;
	return more > 0 ? `${named.join(", ")} and ${more} more fields` : named.join(", ");
}

// src/verify/object-there.ts
function judgeExists(check, view) {
	return view.object(check.object) ? {
		kind: "met",
		detail: "it is there"
	} : {
		kind: "pending",
		detail: "it is not there"
	};
}
function judgeGone(check, view) {
	const live = view.object(check.object);
	if (!live) return {
		kind: "met",
		detail: "it is gone"
	};
	if (check.uid !== void 0 && live.metadata.uid !== check.uid) return {
		kind: "met",
		detail: "it is gone; another one of its name is there"
	};
	const finalizers = readPointer(live, "/metadata/finalizers");
	return {
		kind: "pending",
		detail: `it is still there${Array.isArray(finalizers) && finalizers.length > 0 ? ` (finalizers ${finalizers.join(", ")})` : ""}`
	};
}
function judgeCondition(check, view) {
	const condition = conditionOf(view.object(check.object), check.condition);
	if (condition?.status === "True") return {
		kind: "met",
		detail: `it is ${check.condition}`
	};
	const why = condition === void 0 ? "" : `: ${condition.reason} ${condition.message}`;
	return {
		kind: "pending",
		detail: `it is not ${check.condition} yet${why}`
	};
}

// src/verify/passing.ts
const PASSING = new RegExp([
	"failed calling webhook|internal error|too many requests",
	"not yet ready to handle request|status unknown for quota",
	"code = (?:unavailable|deadlineexceeded|canceled)|etcdserver: ",
	"timed? ?out|deadline exceeded|connection refused|connection reset|error reading from server|: EOF|unexpected EOF",
	"client connection lost|no route to host",
	"object has been modified|serviceaccount \"default\" not found",
	"have not yet been read|not registered|is reserved for"
].join("|"), "i");
function isPassing$1(message) {
	return PASSING.test(message);
}

// src/verify/failing-pods.ts
const PULLS = 2;
const CRASHES = 2;
const CRASHES_OF_SEVERAL = 5;
const WANTING_SECONDS = 30;
const HOPELESS_IMAGE = /* @__PURE__ */ new Set(["InvalidImageName", "ErrImageNeverPull"]);
const PULL_FAILED = /* @__PURE__ */ new Set([
	"ErrImagePull",
	"ImagePullBackOff",
	"RegistryUnavailable"
]);
const BUSY_REGISTRY = /pull QPS exceeded|toomanyrequests|429 Too Many Requests|503 Service Unavailable/i;
const WANTING = "CreateContainerConfigError";
const NOT_CREATED = /* @__PURE__ */ new Set([
	WANTING,
	"CreateContainerError",
	"RunContainerError"
]);
function findFailingPod(pods, view) {
	return pods.filter((pod) => isOurs(pod, view)).map((pod) => judgePod(pod, view)).find((failed) => failed !== void 0);
}
function isOurs(pod, view) {
	return view.isNew(pod) && pod.metadata.deletionTimestamp === void 0;
}
function describePod(pod) {
	const waiting = containers(pod).find((container) => container.waiting !== "");
	const unscheduled = unschedulableMessage(pod);
	if (unscheduled !== "") return `pod/${pod.metadata.name} is not scheduled: ${unscheduled}`;
	if (waiting) return `pod/${pod.metadata.name}: container ${waiting.name} ${waiting.waiting}`;
	return `pod/${pod.metadata.name} is not ready`;
}
function waitFor(pod, counts) {
	if (!pod) return {
		kind: "pending",
		detail: counts
	};
	const detail = `${counts}; ${describePod(pod)}`;
	return unschedulableMessage(pod) === "" ? {
		kind: "pending",
		detail
	} : {
		kind: "pending",
		detail,
		reasonCode: "unschedulable"
	};
}
function unschedulableMessage(pod) {
	const scheduled = conditionOf(pod, "PodScheduled");
	return scheduled?.reason === "Unschedulable" ? scheduled.message : "";
}
function isReady(pod) {
	return pod.metadata.deletionTimestamp === void 0 && conditionOf(pod, "Ready")?.status === "True";
}
function whyNeverStarted(pod) {
	const stuck = containers(pod).find((container) => container.restarts === 0 && (HOPELESS_IMAGE.has(container.waiting) || PULL_FAILED.has(container.waiting) || isNotCreated(container)));
	return stuck ? `${stuck.waiting}: ${stuck.message}` : "";
}
function isHopelessPull({ waiting, message }) {
	return PULL_FAILED.has(waiting) && !isBusyRegistry(message);
}
function isBusyRegistry(message) {
	return BUSY_REGISTRY.test(message);
}
function isWanting({ waiting }) {
	return waiting === WANTING;
}
function wantsSomething(pod) {
	return containers(pod).some(isWanting);
}
function isNotCreated({ waiting, message }) {
	return NOT_CREATED.has(waiting) && !isPassing$1(message);
}
function judgePod(pod, view) {
	const crashes = view.isOfSeveral ? CRASHES_OF_SEVERAL : CRASHES;
	for (const container of containers(pod)) {
		const at = `pod/${pod.metadata.name}, container ${container.name}`;
		if (HOPELESS_IMAGE.has(container.waiting) || isHopelessPull(container) && view.pullFailures(pod) >= PULLS) return failed$1("image-pull-failed", `${at}: ${container.waiting} for image ${container.image}: ${container.message}`);
		if (isNotCreated(container) && !(isWanting(container) && view.wantingSeconds(pod) < WANTING_SECONDS)) return failed$1("container-failing", `${at}: ${container.waiting}: ${container.message}`);
		if (container.waiting === "CrashLoopBackOff" && container.restarts >= crashes) return failed$1("container-failing", `${at} keeps ending (${container.restarts} restarts): ${container.lastEnd}`);
	}
}
function failed$1(reasonCode, detail) {
	return {
		kind: "failed",
		reasonCode,
		detail
	};
}
function containers(pod) {
	return workStatusesOf(pod).map(containerState);
}
function containerState(status) {
	const exitCode = textAt(status, "/lastState/terminated/exitCode");
	return {
		name: textAt(status, "/name"),
		image: textAt(status, "/image"),
		waiting: textAt(status, "/state/waiting/reason"),
		message: textAt(status, "/state/waiting/message"),
		restarts: Number(readPointer(status, "/restartCount") ?? 0),
		lastEnd: exitCode === "" ? "no exit code seen" : `exit code ${exitCode}, ${textAt(status, "/lastState/terminated/reason")}`
	};
}
function isPullFailing(pod) {
	return containers(pod).some((container) => isHopelessPull(container) && container.waiting !== "ImagePullBackOff");
}

// src/verify/pod-replaced.ts
function judgePodReplaced(check, view) {
	const pods = view.list(podsOf(check));
	const known = /* @__PURE__ */ new Set([check.uid, ...check.siblings]);
	const successors = pods.filter((pod) => !known.has(pod.metadata.uid) && pod.metadata.ownerReferences?.some((owner) => owner.uid === check.controllerUid) === true);
	const trouble = findFailingPod(successors, view);
	if (trouble) return trouble;
	if (pods.some((pod) => pod.metadata.uid === check.uid)) return {
		kind: "pending",
		detail: `pod/${check.podName} has not ended yet`
	};
	const ready = successors.find(isReady);
	if (ready) return {
		kind: "met",
		detail: `pod/${ready.metadata.name} is Ready in place of pod/${check.podName}`
	};
	const waiting = successors[0];
	return {
		kind: "pending",
		detail: waiting ? describePod(waiting) : "its controller has made no new pod yet"
	};
}

// src/verify/workload-status.ts
function isObserved(workload) {
	return numberAt(workload, "/status/observedGeneration") >= (workload.metadata.generation ?? 0);
}
function endsOldPodsFirst(deployment) {
	if (readPointer(deployment, "/spec/strategy/type") === "Recreate") return true;
	const count = (field, round) => {
		const value = readPointer(deployment, `/spec/strategy/rollingUpdate/${field}`) ?? "25%";
		const replicas = numberAt(deployment, "/spec/replicas");
		return typeof value === "string" ? round(Number.parseFloat(value) / 100 * replicas) : Number(value);
	};
	return count("maxUnavailable", Math.floor) > 0 || count("maxSurge", Math.ceil) === 0;
}
function findFailedCondition(workload, view, path) {
	const stuck = conditionOf(workload, "Progressing");
	const stuckBefore = conditionOf(view.baseline(path), "Progressing");
	if (stuck?.reason === "ProgressDeadlineExceeded" && stuck.updated !== stuckBefore?.updated) return {
		kind: "failed",
		reasonCode: "rollout-stuck",
		detail: `ProgressDeadlineExceeded: ${stuck.message}`
	};
	const replicaFailure = conditionOf(workload, "ReplicaFailure");
	const failedBefore = conditionOf(view.baseline(path), "ReplicaFailure");
	if (replicaFailure?.status === "True") {
		const reasonCode = /quota|LimitRange|maximum|minimum/i.test(replicaFailure.message) ? "quota-exceeded" : "rollout-stuck";
		const isOld = failedBefore?.status === "True" && failedBefore.message === replicaFailure.message;
		const detail = `${replicaFailure.reason}: ${replicaFailure.message}`;
		return {
			kind: isOld || isPassing$1(replicaFailure.message) ? "pending" : "failed",
			reasonCode,
			detail
		};
	}
}

// src/verify/replicas-available.ts
function judgeReplicas(check, view) {
	const workload = view.object(check.object);
	if (!workload) return {
		kind: "failed",
		reasonCode: "target-not-found",
		detail: "the workload is gone"
	};
	const asked = readPointer(workload, "/spec/replicas");
	if (asked !== check.replicas) return {
		kind: "failed",
		reasonCode: "conflict",
		detail: `spec.replicas is ${String(asked)}, no longer ${check.replicas}: somebody else scales it`
	};
	if (!isObserved(workload)) return {
		kind: "pending",
		detail: "the controller has not seen the change yet"
	};
	const all = numberAt(workload, "/status/replicas");
	const available = numberAt(workload, "/status/availableReplicas");
	if ((all === check.replicas || all > check.replicas && isSurging(view.baseline(check.object))) && available === check.replicas) return {
		kind: "met",
		detail: `${available} of ${check.replicas} replicas are available`
	};
	const pods = podsFor(check, view);
	const trouble = findFailingPod(pods, view) ?? findFailedCondition(workload, view, check.object);
	if (trouble) return trouble;
	const waiting = pods.find((pod) => view.isNew(pod) && !isReady(pod));
	const counts = `${available} of ${check.replicas} replicas are available, ${all} exist`;
	return waitFor(waiting, counts);
}
function isSurging(workload) {
	return numberAt(workload, "/status/replicas") > Number(readPointer(workload, "/spec/replicas") ?? 1);
}

// src/verify/abandoned-pod.ts
const REVISION = "/metadata/labels/controller-revision-hash";
function findAbandonedPod(workload, pods) {
	const wanted = wantedRevisions(workload);
	if (wanted.length === 0) return void 0;
	const stuck = pods.find((pod) => !wanted.includes(textAt(pod, REVISION)) && pod.metadata.deletionTimestamp === void 0 && whyNeverStarted(pod) !== "");
	if (!stuck) return void 0;
	const { name, namespace = "" } = stuck.metadata;
	return {
		kind: "failed",
		reasonCode: "rollout-stuck",
		detail: `pod/${name} never started (${whyNeverStarted(stuck)}), and its StatefulSet waits for it although its template is no longer wanted. Delete it, and the rollout goes on: kubectl delete pod ${name} -n ${namespace}`
	};
}
function wantedRevisions(workload) {
	if (readPointer(workload, "/spec/podManagementPolicy") === "Parallel") return [];
	return (partitionOf(workload) > 0 ? ["updateRevision", "currentRevision"] : ["updateRevision"]).map((name) => textAt(workload, `/status/${name}`)).filter((revision) => revision !== "");
}

// src/verify/rollout-complete.ts
function judgeRollout(check, view) {
	const workload = view.object(check.object);
	if (!workload) return {
		kind: "failed",
		reasonCode: "target-not-found",
		detail: "the workload is gone"
	};
	const moved = (check.written ?? []).filter((field) => !isAsWritten(field, workload));
	if (moved.length > 0) return {
		kind: "failed",
		reasonCode: "conflict",
		detail: `${sayFields(moved)} is no longer as it was written: somebody else has changed it`
	};
	if (!isObserved(workload)) return {
		kind: "pending",
		detail: "the controller has not seen the change yet"
	};
	const missing = whatIsMissing(check.object.resource, workload);
	if (missing === "") return {
		kind: "met",
		detail: sayComplete(workload)
	};
	const pods = podsFor(check, view);
	return findAbandonedPod(workload, pods) ?? findFailingPod(pods, view) ?? findFailedRollout(workload, view, check.object) ?? waitFor(pods.find((pod) => view.isNew(pod) && !isReady(pod)), missing);
}
function isAsWritten({ pointer, after }, workload) {
	const live = readPointer(workload, pointer);
	return sameJson(live, after) || isTime(live) && isTime(after) && live > after;
}
function isTime(value) {
	return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
}
function sayComplete(workload) {
	const partition = partitionOf(workload);
	return partition > 0 ? `every pod from number ${partition} on is of the current template, below the partition none need be, and all are ready` : "every pod is of the current template and available";
}
function findFailedRollout(workload, view, path) {
	const failed = findFailedCondition(workload, view, path);
	return failed?.kind === "failed" && isQuotaFull(failed.detail) && endsOldPodsFirst(workload) ? {
		...failed,
		kind: "pending"
	} : failed;
}
function isQuotaFull(message) {
	return message.includes("exceeded quota");
}
function whatIsMissing(resource, workload) {
	switch (resource) {
		case "deployments": return missingOfDeployment(workload);
		case "statefulsets": return missingOfStatefulSet(workload);
		default: return missingOfDaemonSet(workload);
	}
}
function missingOfDeployment(deployment) {
	const wanted = Number(readPointer(deployment, "/spec/replicas") ?? 1);
	const updated = numberAt(deployment, "/status/updatedReplicas");
	const all = numberAt(deployment, "/status/replicas");
	const available = numberAt(deployment, "/status/availableReplicas");
	if (updated < wanted) return `${updated} of ${wanted} pods are of the new template`;
	if (all > updated) return `${all - updated} old pods have not ended yet`;
	if (available < updated) return `${available} of ${updated} pods are available`;
	return "";
}
function missingOfStatefulSet(set) {
	const wanted = Number(readPointer(set, "/spec/replicas") ?? 1);
	const ready = numberAt(set, "/status/readyReplicas");
	const updated = numberAt(set, "/status/updatedReplicas");
	const partition = partitionOf(set);
	const expected = Math.max(0, wanted - partition);
	if (ready < wanted) return `${ready} of ${wanted} pods are ready`;
	if (updated < expected) return partition > 0 ? `${updated} of ${expected} pods above the partition are updated` : `${updated} of ${wanted} pods are updated`;
	if (partition > 0) return "";
	return readPointer(set, "/status/currentRevision") === readPointer(set, "/status/updateRevision") ? "" : `${updated} of ${wanted} pods are updated`;
}
function missingOfDaemonSet(set) {
	const wanted = numberAt(set, "/status/desiredNumberScheduled");
	const updated = numberAt(set, "/status/updatedNumberScheduled");
	const available = numberAt(set, "/status/numberAvailable");
	if (updated < wanted) return `${updated} of ${wanted} pods are of the new template`;
	return available < wanted ? `${available} of ${wanted} pods are available` : "";
}

// src/verify/steady-pods.ts
const STEADY_SECONDS = 10;
function unlessCrashing(state, pods, view) {
	if (state.kind !== "met") return state;
	const ours = pods.filter((pod) => isOurs(pod, view));
	const down = firstOf(ours, hasCrashed);
	if (down !== "") return {
		kind: "pending",
		detail: `${state.detail}, but ${down} has ended`
	};
	const again = firstOf(ours, runsAgain);
	if (again === "") return state;
	return {
		kind: "met",
		detail: `${state.detail}; ${again} had ended and must run for ${STEADY_SECONDS} s`,
		soakSeconds: STEADY_SECONDS
	};
}
function firstOf(pods, isSo) {
	for (const pod of pods) {
		const found = workStatusesOf(pod).find(isSo);
		if (found === void 0) continue;
		const [exitCode = ""] = ["/state", "/lastState"].map((at) => exitCodeIn(found, at)).filter(Boolean);
		return `pod/${pod.metadata.name}, container ${textAt(found, "/name")} (exit code ${exitCode})`;
	}
	return "";
}
function hasCrashed(status) {
	return isFailure(exitCodeIn(status, "/state")) || textAt(status, "/state/waiting/reason") === "CrashLoopBackOff";
}
function runsAgain(status) {
	return readPointer(status, "/state/running") !== void 0 && isFailure(exitCodeIn(status, "/lastState"));
}
function exitCodeIn(status, at) {
	return textAt(status, `${at}/terminated/exitCode`);
}
function isFailure(exitCode) {
	return exitCode !== "" && exitCode !== "0";
}

// src/verify/judge.ts
function judge(check, view) {
	switch (check.kind) {
		case "fields-equal": return judgeFields(check, view);
		case "replicas-available": return unlessCrashing(judgeReplicas(check, view), podsFor(check, view), view);
		case "rollout-complete": return unlessCrashing(judgeRollout(check, view), podsFor(check, view), view);
		case "pod-replaced": return unlessCrashing(judgePodReplaced(check, view), podsFor(check, view), view);
		case "node-drained": return judgeDrained(check, view);
		case "object-exists": return judgeExists(check, view);
		case "object-gone": return judgeGone(check, view);
		case "condition-true": return judgeCondition(check, view);
	}
}
function describeCheck(check) {
	const name = "object" in check ? `${check.object.resource}/${check.object.name ?? ""}` : "";
	switch (check.kind) {
		case "fields-equal": return `${name} has ${sayFields(check.fields)} as wanted`;
		case "replicas-available": return `${name} has ${check.replicas} available replicas`;
		case "rollout-complete": return `rollout of ${name} is complete`;
		case "pod-replaced": return `pod/${check.podName} is gone and replaced by a Ready one`;
		case "node-drained": return `node/${check.node} is free of the pods to be evicted`;
		case "object-exists": return `${name} is there`;
		case "object-gone": return `${name} is gone`;
		case "condition-true": return `${name} is ${check.condition}`;
	}
}

// src/execute/await-checks.ts
const PROGRESS_MS = 1e4;
const WORDS = {
	met: "verified",
	pending: "waiting",
	failed: "failed"
};
async function awaitChecks(checks, seen, waiting) {
	const deadline = performance.now() + waiting.timeoutSeconds * 1e3;
	const progress = startProgress(checks, waiting.print);
	let heldSince;
	for (;;) {
		const changed = seen.nextChange();
		const states = checks.map((check) => judge(check, seen.view));
		progress(states);
		const end = (kind, reasonCode, detail) => ({
			kind,
			reasonCode,
			detail,
			checks: verdictsOn(checks, states)
		});
		const failed = states.find((state) => state.kind === "failed");
		if (failed) return end("failed", failed.reasonCode, failed.detail);
		const now = performance.now();
		heldSince = states.every((state) => state.kind === "met") ? heldSince ?? now : void 0;
		const soak = Math.max(waiting.soakSeconds, ...states.map(soakSecondsOf)) * 1e3;
		const soakLeft = heldSince === void 0 ? void 0 : heldSince + soak - now;
		if (soakLeft !== void 0 && soakLeft <= 0) return end("met", "ok", "");
		if (waiting.signal.aborted) return end("stopped", "cancelled", pending(states));
		if (now >= deadline) return end("timed-out", lateReason(states), pending(states));
		await untilSettled(changed, Math.min(deadline - now, soakLeft ?? PROGRESS_MS, PROGRESS_MS), waiting.signal);
	}
}
function soakSecondsOf(state) {
	return state.kind === "met" ? state.soakSeconds ?? 0 : 0;
}
function startProgress(checks, print) {
	const begun = performance.now();
	let last = [];
	let printedAt = 0;
	return (states) => {
		const now = performance.now();
		const texts = states.map((state, index) => describe$2(checks[index], state));
		const changed = texts.filter((text, index) => text !== last[index]);
		if (changed.length === 0 && now - printedAt < PROGRESS_MS) return;
		const seconds = Math.round((now - begun) / 1e3);
		const waiting = texts.filter((_, index) => states[index]?.kind !== "met");
		const again = `${(waiting.length === 0 ? texts : waiting).join("; ")} (for ${seconds} s)`;
		print(changed.length === 0 ? again : changed.join("; "));
		last = texts;
		printedAt = now;
	};
}
function describe$2(check, state) {
	const what = check ? describeCheck(check) : "";
	return `${WORDS[state.kind]}: ${what}: ${state.detail}`;
}
function pending(states) {
	const waiting = states.flatMap((state) => state.kind === "pending" ? [state.detail] : []);
	return waiting.length === 0 ? "all of it held, but not yet for as long as it must" : waiting.join("; ");
}
function lateReason(states) {
	return states.flatMap((state) => state.kind === "pending" ? state.reasonCode ?? [] : [])[0] ?? "verify-timeout";
}
function verdictsOn(checks, states) {
	return checks.map((check, index) => ({
		summary: describeCheck(check),
		met: states[index]?.kind === "met",
		detail: states[index]?.detail ?? ""
	}));
}

// src/cluster/bell.ts
function openBell() {
	let waiting = newRound();
	let broken;
	return {
		next: () => broken ? brokenRound(broken.error) : waiting.promise,
		ring: () => {
			waiting.resolve();
			waiting = newRound();
		},
		break: (error) => {
			broken ??= { error };
			waiting.reject(error);
		}
	};
}
function newRound() {
	const round = Promise.withResolvers();
	round.promise.catch(() => void 0);
	return round;
}
function brokenRound(error) {
	const round = newRound();
	round.reject(error);
	return round.promise;
}

// src/cluster/lines.ts
function openLineSplitter(maxBytes) {
	let pieces = [];
	let held = 0;
	const hold = (piece) => {
		const kept = piece.subarray(0, Math.max(maxBytes - held, 0));
		if (kept.length > 0) pieces.push(kept);
		held += piece.length;
	};
	const take = () => {
		const [only] = pieces;
		const line = pieces.length === 1 && only !== void 0 ? only : Buffer.concat(pieces);
		pieces = [];
		held = 0;
		return line;
	};
	return {
		push(chunk) {
			const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
			const lines = [];
			let start = 0;
			for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
				hold(bytes.subarray(start, end));
				lines.push(take());
				start = end + 1;
			}
			if (start < bytes.length) hold(bytes.subarray(start));
			return lines;
		},
		rest: () => take()
	};
}

// src/cluster/watch-stream.ts
const SERVER_TIMEOUT_SECONDS = 290;
const MAX_EVENT_BYTES = 33554432;
const SILENT_AFTER_MS = 75e3;
async function* readWatchStream(api, path, options) {
	const silence = openSilenceGuard(options.signal);
	try {
		const stream = await api.stream({
			method: "GET",
			path: requestPath(path),
			query: watchQuery(options),
			signal: silence.signal
		});
		const splitter = openLineSplitter(MAX_EVENT_BYTES);
		for await (const chunk of stream) {
			silence.heard();
			for (const line of splitter.push(chunk)) yield* readEvent(line, options.position);
		}
	} catch (error) {
		throw silence.isSilent() ? new NoAnswer(`no word from the watch on ${path.resource}`, { cause: error }) : error;
	} finally {
		silence.end();
	}
}
function watchQuery(options) {
	return {
		...options.selectors,
		watch: "true",
		allowWatchBookmarks: "true",
		resourceVersion: options.position.resourceVersion,
		timeoutSeconds: String(SERVER_TIMEOUT_SECONDS)
	};
}
function readEvent(line, position) {
	const { type, object } = parseEvent(line);
	if (type === "ERROR") throw new ApiError(codeOf(object), object);
	if (!isKubernetesObject(object)) throw new NoAnswer("the watch sent an event without an object");
	position.resourceVersion = object.metadata.resourceVersion ?? position.resourceVersion;
	switch (type) {
		case "BOOKMARK": return [];
		case "ADDED": return [{
			type: "added",
			object
		}];
		case "MODIFIED": return [{
			type: "modified",
			object
		}];
		case "DELETED": return [{
			type: "deleted",
			object
		}];
		default: throw new NoAnswer(`the watch sent an event of the unknown type ${JSON.stringify(type)}`);
	}
}
function parseEvent(line) {
	try {
		const event = JSON.parse(line.toString("utf8"));
		return isRecord(event) ? event : {};
	} catch (error) {
		throw new NoAnswer("the watch sent something other than JSON", { cause: error });
	}
}
function codeOf(status) {
	const code = readPointer(status, "/code");
	return typeof code === "number" ? code : 500;
}
function openSilenceGuard(outer) {
	const controller = new AbortController();
	let silent = false;
	const onOuter = () => controller.abort(outer.reason);
	outer.addEventListener("abort", onOuter, { once: true });
	if (outer.aborted) onOuter();
	const timer = setTimeout(() => {
		silent = true;
		controller.abort();
	}, SILENT_AFTER_MS);
	return {
		signal: controller.signal,
		heard: () => void timer.refresh(),
		isSilent: () => silent,
		end: () => {
			clearTimeout(timer);
			outer.removeEventListener("abort", onOuter);
		}
	};
}

// src/cluster/watch.ts
async function* watchCollection(api, path, options) {
	const position = {
		resourceVersion: options.resourceVersion ?? "",
		known: /* @__PURE__ */ new Map()
	};
	const backoff = openBackoff(100, 5e3, options.signal);
	while (!options.signal.aborted) {
		const startedAt = performance.now();
		try {
			if (position.resourceVersion === "") yield* relist(api, path, options, position);
			for await (const event of readWatchStream(api, path, {
				...streamOptions(options),
				position
			})) {
				remember(position, event);
				yield event;
			}
		} catch (error) {
			if (options.signal.aborted) return;
			if (isExpired(error)) position.resourceVersion = "";
			else if (!isPassing(error)) throw error;
		}
		if (performance.now() - startedAt > 5e3) backoff.reset();
		await backoff.wait();
	}
}
async function* relist(api, path, options, position) {
	const { labelSelector, fieldSelector, signal } = options;
	const selectors = selectorQuery({
		labelSelector,
		fieldSelector
	});
	const list = await listObjects(api, path, {
		...selectors,
		signal
	});
	const before = new Map(position.known);
	position.known.clear();
	position.resourceVersion = list.resourceVersion;
	for (const object of list.items) {
		const { uid, resourceVersion } = object.metadata;
		const isNews = before.get(uid)?.metadata.resourceVersion !== resourceVersion;
		before.delete(uid);
		position.known.set(uid, object);
		if (isNews) yield {
			type: "listed",
			object
		};
	}
	for (const object of before.values()) yield {
		type: "deleted",
		object
	};
	options.onListed?.();
}
function remember(position, event) {
	if (event.type === "deleted") position.known.delete(event.object.metadata.uid);
	else position.known.set(event.object.metadata.uid, event.object);
}
function streamOptions(options) {
	const { labelSelector, fieldSelector, signal } = options;
	return {
		selectors: selectorQuery({
			labelSelector,
			fieldSelector
		}),
		signal
	};
}
function isExpired(error) {
	return error instanceof ApiError && (error.status === 410 || error.reason === "Expired" || error.reason === "Gone");
}
function isPassing(error) {
	if (error instanceof NoAnswer) return !error.isFinal;
	return error instanceof ApiError && cannotServe(error);
}

// src/verify/pull-counter.ts
function openPullCounter() {
	const failures = /* @__PURE__ */ new Map();
	const failing = /* @__PURE__ */ new Set();
	return {
		see: (pod) => {
			const { uid } = pod.metadata;
			if (!isPullFailing(pod)) failing.delete(uid);
			else if (!failing.has(uid)) {
				failing.add(uid);
				failures.set(uid, (failures.get(uid) ?? 0) + 1);
			}
		},
		of: ({ metadata: { uid } }) => failures.get(uid) ?? 0
	};
}

// src/execute/observe.ts
const NOT_SERVED_MS = 500;
async function observe(api, checks, signal) {
	const wanted = new Map(checks.flatMap(watchedBy).map((watched) => [selectionKey(watched), watched]));
	const ending = new AbortController();
	const bell = openBell();
	const stores = new Map([...wanted.keys()].map((key) => [key, /* @__PURE__ */ new Map()]));
	const pulls = openPullCounter();
	const wanting = clockWanting();
	const isOfSeveral = checks.filter((check) => "podSelector" in check).length > 1;
	const watches = [...wanted].map(([key, watched]) => {
		const store = stores.get(key) ?? /* @__PURE__ */ new Map();
		return follow(api, watched, ending.signal, (event) => {
			keep(store, event);
			pulls.see(event.object);
			wanting.see(event.object);
			bell.ring();
		});
	});
	for (const watch of watches) watch.ended.catch((error) => bell.break(error));
	await orStopped(Promise.all(watches.map((watch) => Promise.race([watch.listed, watch.ended]))), signal).catch((error) => {
		ending.abort();
		throw error;
	});
	return {
		view: {
			...viewOf(stores),
			pullFailures: (pod) => pulls.of(pod),
			wantingSeconds: (pod) => wanting.of(pod),
			isOfSeveral
		},
		isWatched: (path) => stores.has(selectionKey({ path })),
		nextChange: () => bell.next(),
		[Symbol.asyncDispose]: async () => {
			ending.abort();
			await Promise.allSettled(watches.map((watch) => watch.ended));
		}
	};
}
async function orStopped(firstLook, signal) {
	const { promise: stopped, reject } = Promise.withResolvers();
	const stop = () => reject(/* @__PURE__ */ new Error("stopped before the first look at the cluster"));
	if (signal.aborted) stop();
	signal.addEventListener("abort", stop, { once: true });
	await Promise.race([firstLook, stopped]).finally(() => signal.removeEventListener("abort", stop));
}
function follow(api, watched, signal, see) {
	const { promise: listed, resolve } = Promise.withResolvers();
	const { name, ...collection } = watched.path;
	const run = async () => {
		const options = {
			signal,
			onListed: resolve,
			...name === void 0 ? {} : { fieldSelector: `metadata.name=${name}` },
			...watched.labelSelector === void 0 ? {} : { labelSelector: watched.labelSelector },
			...watched.fieldSelector === void 0 ? {} : { fieldSelector: watched.fieldSelector }
		};
		for await (const event of watchCollection(api, collection, options)) see(event);
	};
	const runOnceServed = async () => {
		for (;;) try {
			return await run();
		} catch (error) {
			if (!(error instanceof ApiError) || error.status !== 404) throw error;
			resolve();
			await setTimeout$1(NOT_SERVED_MS, void 0, { signal }).catch(() => void 0);
			if (signal.aborted) return;
		}
	};
	return {
		listed,
		ended: runOnceServed()
	};
}
function keep(store, { type, object }) {
	if (type === "deleted") store.delete(object.metadata.uid);
	else store.set(object.metadata.uid, object);
}
function viewOf(stores) {
	const baseline = new Map([...stores].map(([key, store]) => [key, new Map(store)]));
	const known = new Set([...baseline.values()].flatMap((store) => [...store.keys()]));
	const only = (path, from) => from.get(selectionKey({ path }))?.values().next().value ?? null;
	return {
		object: (path) => only(path, stores),
		list: (watched) => [...stores.get(selectionKey(watched))?.values() ?? []],
		isNew: (pod) => !known.has(pod.metadata.uid),
		baseline: (path) => only(path, baseline)
	};
}
function clockWanting() {
	const since = /* @__PURE__ */ new Map();
	return {
		see: (object) => {
			const { uid } = object.metadata;
			if (!wantsSomething(object)) since.delete(uid);
			else if (!since.has(uid)) since.set(uid, performance.now());
		},
		of: ({ metadata: { uid } }) => (performance.now() - (since.get(uid) ?? performance.now())) / 1e3
	};
}

// src/execute/outcome.ts
function outcomeOf(error) {
	const message = messageOf(error);
	return {
		result: "failed",
		reasonCode: reasonOf$1(error),
		message
	};
}
function isAway(error) {
	if (error instanceof NoAnswer) return true;
	return error instanceof ApiError && cannotServe(error);
}
function reasonOf$1(error) {
	if (isAway(error)) return "cluster-unreachable";
	if (!(error instanceof ApiError)) return "internal-error";
	if (error.status === 401) return "credentials-invalid";
	return error.status === 403 ? "permission-missing" : "internal-error";
}

// src/plan/diff.ts
const BOOKKEEPING = /* @__PURE__ */ new Set([
	"/metadata/managedFields",
	"/metadata/resourceVersion",
	"/metadata/generation",
	"/metadata/annotations/deprecated.daemonset.template.generation",
	"/status"
]);
function diffObjects(before, after) {
	return diffAt([], before, after);
}
function diffAt(path, before, after) {
	const pointer = pointerOf(path);
	if (BOOKKEEPING.has(pointer) || sameJson(before, after)) return [];
	if (isRecord(before) && isRecord(after)) return [.../* @__PURE__ */ new Set([...Object.keys(before), ...Object.keys(after)])].toSorted().flatMap((key) => diffAt([...path, key], ownMember(before, key), ownMember(after, key)));
	if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) return before.flatMap((member, index) => diffAt([...path, String(index)], member, after[index]));
	return [{
		pointer,
		...before === void 0 ? {} : { before },
		...after === void 0 ? {} : { after }
	}];
}
function ownMember(record, key) {
	return Object.hasOwn(record, key) ? record[key] : void 0;
}

// src/plan/names.ts
const GROUP = "kubernetesexecution.kubernaut.io";
const LOCK_NAMESPACE = "kubernetes-executor-locks";
const FIELD_MANAGER = "kubernetes-executor";
const LABEL = {
	action: `${GROUP}/action`,
	executionId: `${GROUP}/execution-id`,
	namespace: `${GROUP}/namespace`,
	scope: `${GROUP}/scope`,
	rollsBack: `${GROUP}/rolls-back`,
	rehearses: `${GROUP}/rehearses`
};
const ANNOTATION = {
	createdBy: `${GROUP}/created-by`,
	planHash: `${GROUP}/plan-hash`,
	valuesHash: `${GROUP}/values-hash`,
	rollbackSettings: `${GROUP}/rollback-settings`,
	target: `${GROUP}/target`,
	summary: `${GROUP}/summary`,
	verdict: `${GROUP}/verdict`,
	answer: `${GROUP}/answer`
};
function undoSecretOf(executionId) {
	return `${executionId}-undo`;
}

// src/plan/redact-words.ts
const REDACTED = "<<redacted>>";
const NAME = "(?:password|passwd|passphrase|pwd|token|secret|credentials?|(?:api|access|private|signing)[-_.]?key|authorization|connection[-_.]?string)";
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S+)`;
const SENSITIVE_NAME = new RegExp(`${NAME}$`, "i");
const ASSIGNMENT = /^(-{0,2}[\w.-]+)=/;
const OPTION = /^-{1,2}[\w.-]+$/;
const NAMED_WORD = /^(?:--[\w.-]+$|-{0,2}[\w.-]+=[^=])/;
const ADDRESS_CREDENTIALS = /(:\/\/)[^\s/]+@/g;
const NAMED_VALUE$1 = new RegExp(String.raw`(${NAME}["']?(?:=|:[ \t]+|:(?=["'])))(?:(?:bearer|basic|token)[ \t]+)?${VALUE}`, "gi");
const OPTION_VALUE = new RegExp(String.raw`(?<![\w.-])(-{1,2}[\w.-]*${NAME}[ \t]+)${VALUE}`, "gi");
const BEARER = /\b(bearer[ \t]+)[\w.~+/=-]{8,}/gi;
function isSecretName(name) {
	return SENSITIVE_NAME.test(name);
}
function redactText(text) {
	return text.replace(ADDRESS_CREDENTIALS, `$1${REDACTED}@`).replace(NAMED_VALUE$1, `$1${REDACTED}`).replace(OPTION_VALUE, `$1${REDACTED}`).replace(BEARER, `$1${REDACTED}`);
}
function redactWords(words) {
	return words.map((word, index) => {
		const before = words[index - 1];
		return before !== void 0 && isSecretOption(before) ? REDACTED : redactWord(word);
	});
}
function redactWord(word) {
	const name = assignedSecret(word);
	return name === void 0 ? redactText(word) : `${name}=${REDACTED}`;
}
function isSecretOption(word) {
	return OPTION.test(word) && isSecretName(word);
}
function assignedSecret(word) {
	const [, name] = ASSIGNMENT.exec(word) ?? [];
	return name !== void 0 && isSecretName(name) ? name : void 0;
}
function isBareWord(word) {
	return !NAMED_WORD.test(word);
}

// src/plan/sensitive.ts
const COPIES = [
	"kubectl.kubernetes.io/last-applied-configuration",
	"kapp.k14s.io/original",
	"kapp.k14s.io/original-diff",
	"kapp.k14s.io/original-diff-full",
	"objectset.rio.cattle.io/applied",
	"banzaicloud.com/last-applied"
];
const NAMED_VALUE = /\/(?:env(?:\/[^/]+(?:\/value)?)?|httpHeaders\/[^/]+\/value)$/;
const WORD = /\/(?:args|command)\/(?:-|\d+)$/;
const LATER_WORD = /\/(?:args|command)\/(?:-|[1-9]\d*)$/;
function showChange(of, change) {
	const { pointer } = change;
	if (isSensitive(of, change)) return {
		pointer,
		after: sameJson(change.before, change.after) ? "same" : "changed"
	};
	const before = redactAt(pointer, change.before);
	const after = redactAt(pointer, change.after);
	if (sameJson(before, after) && !sameJson(change.before, change.after)) return {
		pointer,
		after: "changed"
	};
	return {
		pointer,
		..."before" in change ? { before } : {},
		..."after" in change ? { after } : {}
	};
}
function holdsSecrets(of) {
	return of.group === "" && of.resource === "secrets";
}
function redact(value) {
	if (isText(value)) return redactJson(value) ?? redactText(value);
	if (Array.isArray(value)) return value.every(isText) ? redactWords(value.map(redactHeld)) : value.map(redact);
	if (!isRecord(value)) return value;
	const isSecret = isText(value["name"]) && isSecretName(value["name"]);
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, isSecretMember(name, member) || isSecret && name === "value" && isText(member) ? REDACTED : name === "env" ? redactVariables(member) : redact(member)]));
}
function redactJson(text) {
	if (!/^\s*[{[]/.test(text)) return void 0;
	try {
		const held = JSON.parse(text);
		const shown = redact(held);
		return sameJson(held, shown) ? void 0 : JSON.stringify(shown);
	} catch (error) {
		return error instanceof SyntaxError ? void 0 : REDACTED;
	}
}
function redactHeld(text) {
	return redactJson(text) ?? text;
}
function redactAt(pointer, value) {
	return isText(value) && WORD.test(pointer) ? redactWord(redactHeld(value)) : redact(value);
}
function redactVariables(variables) {
	if (!Array.isArray(variables) || variables.every(isText)) return redact(variables);
	return variables.map((variable) => isRecord(variable) && "value" in variable ? {
		...variable,
		value: REDACTED
	} : redact(variable));
}
function isSecretMember(name, member) {
	return COPIES.includes(name) || isText(member) && isSecretName(name);
}
function isSensitive(of, { pointer, before, after }) {
	if (holdsSecrets(of)) return !pointer.startsWith("/metadata/") || pointer.startsWith("/metadata/annotations");
	if (endsInCopy(pointer) || NAMED_VALUE.test(pointer)) return true;
	const texts = [before, after].filter(isText);
	if (LATER_WORD.test(pointer) && texts.some(isBareWord)) return true;
	return texts.length > 0 && isSecretName(pointer);
}
function endsInCopy(pointer) {
	return COPIES.some((name) => pointer.endsWith(pointerOf([name])));
}
function isText(value) {
	return typeof value === "string";
}

// src/execute/read-back.ts
function hasHappened(effect, live) {
	switch (effect.kind) {
		case "fields": return live !== null && effect.fields.every((field) => isAsPlanned(readPointer(live, field.pointer), field.after));
		case "created": return live !== null && isMadeByUs(live, effect.since);
		case "gone": return live === null || live.metadata.uid !== effect.uid || live.metadata.deletionTimestamp !== void 0;
	}
}
function isMadeByUs(live, since = "") {
	if ((live.metadata.creationTimestamp ?? "") < since) return false;
	const managed = readPointer(live, "/metadata/managedFields");
	return Array.isArray(managed) && managed.some((entry) => textAt(entry, "/manager") === "kubernetes-executor");
}
function explainConflict(request, live) {
	const { effect } = request;
	if (live === null) return effect.kind === "created" ? "" : "the object is gone";
	if (effect.kind === "created") return "an object of that name exists already";
	const expected = effect.kind === "gone" ? effect.uid : testsOf(request).find(({ pointer }) => pointer === "/metadata/uid")?.before;
	if (expected !== void 0 && expected !== live.metadata.uid) return "another object of the same name has taken its place since the plan was made";
	return explainMoves(effect.object, effect.kind === "fields" ? heldFields(request, effect.fields) : [], live);
}
function heldFields(request, fields) {
	if (request.path.subresource !== void 0) return fields;
	const others = testsOf(request).filter(({ pointer }) => pointer !== "/metadata/uid").filter(({ pointer }) => !fields.some((field) => `${pointer}/`.startsWith(`${field.pointer}/`)));
	return [...fields, ...others];
}
function explainMoves(of, fields, live) {
	return fields.filter(({ pointer, before }) => !isAsPlanned(readPointer(live, pointer), before)).map((field) => explainMoved(field, of, live)).join("; ");
}
function explainMoved({ pointer, before }, of, object) {
	const live = readPointer(object, pointer);
	const change = {
		pointer,
		before,
		after: live
	};
	if (isRecord(before) && isRecord(live) && !isSensitive(of, change)) return `${knownParts("", before).flatMap((part) => diffObjects(part.value, readPointer(live, part.pointer)).map((line) => `${pointer}${part.pointer}${line.pointer}`)).join(", ")} changed since the plan was made`;
	const shown = showChange(of, change);
	return "before" in shown && !isMapOrList(before) && !isMapOrList(live) ? `${pointer} is ${show(shown.after)} now; the plan was made for ${show(shown.before)}` : `${pointer} was changed since the plan was made`;
}
function isMapOrList(value) {
	return isRecord(value) || Array.isArray(value);
}
function show(value) {
	return value === void 0 ? "absent" : JSON.stringify(value);
}
function testsOf({ patchType, body }) {
	if (patchType !== "json" || !Array.isArray(body)) return [];
	return body.filter((one) => textAt(one, "/op") === "test").map((one) => {
		const before = readPointer(one, "/value");
		return {
			pointer: textAt(one, "/path"),
			...before === null ? {} : { before }
		};
	});
}

// src/cluster/send-planned.ts
const CONTENT_TYPE = {
	json: "application/json-patch+json",
	apply: "application/apply-patch+yaml"
};
function toApiRequest(request, options) {
	const wire = { resendable: options.dryRun || request.resendable };
	switch (request.verb) {
		case "create": return {
			...wire,
			method: "POST",
			path: requestPath(collectionOf(request)),
			query: writeQuery(options),
			body: request.body
		};
		case "patch": return {
			...wire,
			method: "PATCH",
			path: requestPath(request.path),
			query: {
				...writeQuery(options),
				...request.force === true ? { force: "true" } : {}
			},
			body: request.body,
			contentType: contentTypeOf(request)
		};
		case "delete": return {
			...wire,
			method: "DELETE",
			path: requestPath(request.path),
			query: dryRunQuery(options),
			body: {
				apiVersion: "v1",
				kind: "DeleteOptions",
				...deleteOptions(request, options)
			}
		};
		case "evict": return {
			...wire,
			method: "POST",
			path: requestPath({
				...request.path,
				subresource: "eviction"
			}),
			query: dryRunQuery(options),
			body: evictionOf(request, options)
		};
	}
}
function collectionOf(request) {
	if (request.path.subresource !== void 0) return request.path;
	const { name: _name, ...collection } = request.path;
	return collection;
}
function contentTypeOf(request) {
	if (request.patchType === void 0) throw new Error(`patch without a patch type: ${request.summary}`);
	return CONTENT_TYPE[request.patchType];
}
function writeQuery(options) {
	return {
		fieldManager: FIELD_MANAGER,
		fieldValidation: "Strict",
		...dryRunQuery(options)
	};
}
function dryRunQuery(options) {
	return options.dryRun ? { dryRun: "All" } : {};
}
function evictionOf(request, options) {
	const { name, namespace } = request.path;
	return {
		apiVersion: "policy/v1",
		kind: "Eviction",
		metadata: {
			name,
			namespace
		},
		deleteOptions: deleteOptions(request, options)
	};
}
function deleteOptions(request, options) {
	const planned = request.body ?? {};
	if (typeof planned !== "object" || planned === null || Array.isArray(planned)) throw new Error(`delete options are no object: ${request.summary}`);
	if ("dryRun" in planned) throw new Error(`a plan says nothing about dryRun: ${request.summary}`);
	return {
		...planned,
		...options.dryRun ? { dryRun: ["All"] } : {}
	};
}

// src/execute/send.ts
const PATIENCE_MS = 25e3;
const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 3e3;
const GONE = "it was gone already";
async function sendPlanned(api, request) {
	let uncertain = "";
	const givenUpAt = performance.now() + PATIENCE_MS;
	for (let attempt = 1;; attempt++) {
		const known = request.force === true ? await lookFirst(api, request, uncertain) : void 0;
		if (known && "outcome" in known) return known;
		const answer = known ?? await sendOnce(api, request);
		if (answer instanceof NoAnswer) {
			if (!answer.neverSent) uncertain = answer.message;
		} else if (!mayPass(new ApiError(answer.status, answer.body))) return judgeAnswer(api, request, answer, uncertain);
		else if (answer.status >= 500) uncertain = new ApiError(answer.status, answer.body).message;
		const pause = pauseMs(answer, attempt);
		if (!request.resendable || performance.now() + pause > givenUpAt) return judgeSilence(api, request, answer, uncertain);
		await setTimeout$1(pause);
	}
}
async function lookFirst(api, request, uncertain) {
	const { summary } = request;
	const live = await readBack(api, request);
	if (live instanceof NoAnswer) return new NoAnswer(`not sent unseen: ${live.message}`, {
		neverSent: true,
		cause: live
	});
	const found = uncertain === "" ? void 0 : whyApplied(request, live, uncertain);
	if (found !== void 0) return {
		summary,
		outcome: "applied",
		message: found
	};
	const moved = explainConflict(request, live);
	return moved === "" ? void 0 : {
		summary,
		outcome: "not-applied",
		status: 409,
		message: moved
	};
}
async function sendOnce(api, request) {
	try {
		return await api.send({
			...toApiRequest(request, { dryRun: false }),
			resendable: false
		});
	} catch (error) {
		if (error instanceof NoAnswer) return error;
		throw error;
	}
}
function wordsOf({ status, body }) {
	const { message, causeMessages } = new ApiError(status, body);
	return status === 429 ? [message, ...causeMessages].join(" ") : message;
}
function pauseMs(answer, attempt) {
	const asked = answer instanceof NoAnswer ? void 0 : new ApiError(answer.status, answer.body).retryAfterSeconds;
	return asked === void 0 ? backoffMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) : Math.min(asked, 10) * 1e3;
}
async function judgeAnswer(api, request, answer, uncertain) {
	const { summary, effect } = request;
	const { status } = answer;
	if (status >= 200 && status < 300) return {
		summary,
		outcome: "applied",
		status,
		...createdBy(request, answer.body)
	};
	if (status === 404 && effect.kind === "gone") return {
		summary,
		outcome: "applied",
		status,
		message: GONE
	};
	const said = wordsOf(answer);
	if (!isConflict(answer, request) && uncertain === "") return {
		summary,
		outcome: "not-applied",
		status,
		message: said,
		...isHeldBack(new ApiError(status, answer.body)) ? { heldBack: true } : {}
	};
	const live = await readBack(api, request);
	if (live instanceof NoAnswer) return {
		summary,
		outcome: uncertain === "" ? "not-applied" : "unknown",
		status,
		message: said
	};
	const found = whyApplied(request, live, uncertain);
	if (found !== void 0) return {
		summary,
		outcome: "applied",
		status,
		message: found,
		...createdBy(request, live)
	};
	return {
		summary,
		outcome: "not-applied",
		status,
		message: [said, explainConflict(request, live)].filter((part) => part !== "").join(" — ")
	};
}
function createdBy({ effect }, object) {
	const uid = effect.kind === "created" ? textAt(object, "/metadata/uid") : "";
	return uid === "" ? {} : { uid };
}
function whyApplied(request, live, uncertain) {
	if (!hasHappened(request.effect, live)) return void 0;
	if (uncertain !== "") return `found in the read-back after: ${uncertain}`;
	return request.verb === "evict" ? GONE : void 0;
}
async function judgeSilence(api, request, answer, uncertain) {
	const { summary } = request;
	const message = answer instanceof NoAnswer ? answer.message : new ApiError(answer.status, answer.body).message;
	const status = answer instanceof NoAnswer ? {} : { status: answer.status };
	if (uncertain === "") {
		const heldBack = status.status === 429 ? { heldBack: true } : {};
		return {
			summary,
			outcome: "not-applied",
			...status,
			message,
			...heldBack
		};
	}
	const live = await readBack(api, request);
	if (!(live instanceof NoAnswer) && hasHappened(request.effect, live)) {
		const found = `found in the read-back after: ${message}`;
		return {
			summary,
			outcome: "applied",
			...status,
			message: found,
			...createdBy(request, live)
		};
	}
	return {
		summary,
		outcome: "unknown",
		...status,
		message
	};
}
async function readBack(api, request) {
	try {
		return await getObject(api, request.effect.object);
	} catch (error) {
		if (error instanceof NoAnswer) return error;
		if (error instanceof ApiError) return new NoAnswer(error.message, { cause: error });
		throw error;
	}
}

// src/execute/send-together.ts
const RETRY_MS = 5e3;
const TELL_MS = 3e4;
async function sendTogether(requests, { api, progress, stop, deadlineMs }) {
	const ending = new AbortController();
	const deadline = setTimeout(() => ending.abort(), Math.max(0, deadlineMs - performance.now()));
	const signal = AbortSignal.any([stop, ending.signal]);
	const sendOne = async (request) => {
		const verdict = await sendPatiently(api, request, {
			signal,
			print: progress.print
		});
		progress.heard(verdict);
		if (verdict.outcome !== "applied") ending.abort();
		return verdict;
	};
	try {
		return await Promise.all(requests.map(sendOne));
	} finally {
		clearTimeout(deadline);
	}
}
async function sendPatiently(api, request, { signal, print }) {
	let told = {
		message: "",
		at: 0
	};
	for (;;) {
		const verdict = await sendPlanned(api, request).catch((error) => unknown(request, error));
		if (request.waitsForBudget !== true || verdict.heldBack !== true || signal.aborted) return verdict;
		const { message = "" } = verdict;
		if (message !== told.message || performance.now() - told.at > TELL_MS) {
			print(`waiting: ${request.summary}: ${message}`);
			told = {
				message,
				at: performance.now()
			};
		}
		await setTimeout$1(RETRY_MS, void 0, { signal }).catch(() => void 0);
		if (signal.aborted) return verdict;
	}
}
function unknown({ summary }, error) {
	return {
		summary,
		outcome: "unknown",
		message: messageOf(error)
	};
}

// src/execute/carry-out.ts
const CATCH_UP_MS = 5e3;
const NOT_SEEN = "what was written has not been seen in a watch yet";
const NEW_KIND_ATTEMPTS = 20;
const NEW_KIND_PAUSE_MS = 500;
async function carryOut(envelope, progress, edges) {
	return {
		...await sendAndVerify(envelope, progress, edges).catch((error) => {
			const outcome = outcomeOf(error);
			return edges.stop.aborted ? {
				...outcome,
				result: "cancelled",
				reasonCode: "cancelled"
			} : outcome;
		}),
		changed: progress.requests().some((request) => request.outcome !== "not-applied")
	};
}
async function sendAndVerify({ plan }, progress, { api, stop }) {
	await using seen = await observe(api, plan.checks, stop);
	progress.reach("observing");
	const { verifyTimeoutSeconds } = plan.settings;
	const deadlineMs = performance.now() + verifyTimeoutSeconds * 1e3;
	const failed = await sendAll(plan.requests, {
		api,
		progress,
		stop,
		deadlineMs
	});
	if (failed) return failed;
	const behind = await catchUp(seen, plan.requests, {
		api,
		stop,
		deadlineMs
	});
	if (behind) return judgeVerification(behind, verifyTimeoutSeconds);
	const outcome = await awaitChecks(plan.checks, seen, {
		timeoutSeconds: plan.requests.some((request) => request.waitsForBudget === true) ? (deadlineMs - performance.now()) / 1e3 : verifyTimeoutSeconds,
		soakSeconds: plan.settings.soakSeconds,
		signal: stop,
		print: progress.print
	});
	progress.verified(outcome.checks);
	return judgeVerification(outcome, verifyTimeoutSeconds);
}
async function catchUp(seen, requests, { api, stop, deadlineMs }) {
	let askAt = performance.now() + CATCH_UP_MS;
	for (;;) {
		const changed = seen.nextChange();
		const behind = requests.filter((request) => isBehind(request, seen));
		const now = performance.now();
		if (behind.length === 0) return void 0;
		if (stop.aborted) return {
			kind: "stopped",
			reasonCode: "cancelled",
			detail: NOT_SEEN
		};
		if (now >= deadlineMs) return {
			kind: "timed-out",
			reasonCode: "verify-timeout",
			detail: NOT_SEEN
		};
		if (now >= askAt) {
			if (await isChangedBack(api, behind)) return void 0;
			askAt = performance.now() + CATCH_UP_MS;
		}
		await untilSettled(changed, CATCH_UP_MS / 5, stop);
	}
}
function isBehind({ effect }, seen) {
	return effect.kind !== "gone" && seen.isWatched(effect.object) && !hasHappened(effect, seen.view.object(effect.object));
}
async function isChangedBack(api, requests) {
	const live = await Promise.all(requests.map(({ effect }) => getObject(api, effect.object))).catch((error) => {
		if (!isAway(error)) throw error;
	});
	if (live === void 0) return false;
	return requests.some(({ effect }, index) => !hasHappened(effect, live[index] ?? null));
}
async function sendAll(requests, sending) {
	const { api, progress, stop } = sending;
	for (const group of groupsOf(requests)) {
		const [first] = group;
		if (stop.aborted) return {
			result: "cancelled",
			reasonCode: "cancelled",
			message: `stopped before "${first.summary}"`
		};
		if (first.together === true) {
			const verdicts = await sendTogether(group, sending);
			progress.settled(verdicts);
			const failed = judgeGroup(group, verdicts, stop);
			if (failed) return failed;
		} else {
			const late = await awaitNeeded(first, sending);
			if (late) return late;
			const verdict = first.awaits ? await sendToNewKind(api, first) : await sendPlanned(api, first);
			progress.sent(verdict);
			if (verdict.outcome !== "applied") return refused$1(first, verdict);
		}
	}
}
async function awaitNeeded({ awaits, summary }, { api, progress, stop, deadlineMs }) {
	if (!awaits) return void 0;
	await using seen = await observe(api, awaits, stop);
	const timeoutSeconds = Math.max(0, (deadlineMs - performance.now()) / 1e3);
	const waiting = {
		timeoutSeconds,
		soakSeconds: 0,
		signal: stop,
		print: progress.print
	};
	const outcome = judgeVerification(await awaitChecks(awaits, seen, waiting), Math.ceil(timeoutSeconds));
	return outcome.result === "succeeded" ? void 0 : {
		...outcome,
		message: `"${summary}" was not sent: ${outcome.message}`
	};
}
async function sendToNewKind(api, request) {
	for (let attempt = 1;; attempt++) {
		const verdict = await sendPlanned(api, request);
		if (verdict.status !== 404 || attempt === NEW_KIND_ATTEMPTS) return verdict;
		await setTimeout$1(NEW_KIND_PAUSE_MS);
	}
}
function groupsOf(requests) {
	const groups = [];
	for (const request of requests) {
		const last = groups.at(-1);
		if (last && request.together === true && last[0].together === true) last.push(request);
		else groups.push([request]);
	}
	return groups;
}
function judgeGroup(group, verdicts, stop) {
	const failed = verdicts.filter(({ outcome }) => outcome !== "applied");
	if (failed.length === 0) return void 0;
	for (const [index, request] of group.entries()) {
		const verdict = verdicts[index];
		if (verdict && verdict.outcome !== "applied" && verdict.heldBack !== true) return refused$1(request, verdict);
	}
	const waiting = failed.map(({ summary, message }) => `${summary}: ${message ?? ""}`).join("; ");
	const count = `${verdicts.length - failed.length} of ${verdicts.length} done`;
	return stop.aborted ? {
		result: "cancelled",
		reasonCode: "cancelled",
		message: `stopped with ${count}; waiting: ${waiting}`
	} : {
		result: "timed-out",
		reasonCode: "disruption-budget",
		message: `verify-timeout was over with ${count}; still held back: ${waiting}`
	};
}
function refused$1(request, { summary, outcome, status, message }) {
	const said = `${summary}: ${status === void 0 ? "" : `HTTP ${status}, `}${message ?? "no answer"}`;
	if (outcome === "unknown") return {
		result: "failed",
		reasonCode: "request-unknown",
		message: `it is not known whether this was carried out: ${said}`
	};
	if (status === void 0) return {
		result: "failed",
		reasonCode: "cluster-unreachable",
		message: said
	};
	return {
		result: "failed",
		reasonCode: isConflict({ status }, request) ? "conflict" : "request-refused",
		message: said
	};
}
function judgeVerification(outcome, timeoutSeconds) {
	switch (outcome.kind) {
		case "met": return {
			result: "succeeded",
			reasonCode: "ok",
			message: "done and verified"
		};
		case "failed": return {
			result: "failed",
			reasonCode: outcome.reasonCode,
			message: outcome.detail
		};
		case "timed-out": return {
			result: "timed-out",
			reasonCode: outcome.reasonCode,
			message: `not verified within verify-timeout of ${timeoutSeconds} s: ${outcome.detail}`
		};
		case "stopped": return {
			result: "cancelled",
			reasonCode: "cancelled",
			message: `stopped during verification: ${outcome.detail}`
		};
	}
}

// src/execute/created.ts
async function bindToCreated(api, planned, done, isCreated) {
	if (planned.ofCreated !== true) return {
		request: planned,
		done
	};
	const { uid } = done;
	if (uid !== void 0) return {
		request: bindTo(uid, planned),
		done
	};
	const live = await getObject(api, planned.effect.object);
	if (live === null) return { done };
	if (!isCreated(live)) return { done: {
		...done,
		outcome: "not-applied"
	} };
	const found = live.metadata.uid;
	return {
		request: bindTo(found, planned),
		done: {
			...done,
			uid: found
		}
	};
}
function bindTo(uid, planned) {
	const options = isRecord(planned.body) ? planned.body : {};
	return {
		...planned,
		body: {
			...options,
			preconditions: { uid }
		},
		effect: {
			kind: "gone",
			object: planned.effect.object,
			uid
		}
	};
}
function createdSince(envelope, since) {
	const { plan } = envelope;
	const dated = (request) => request.effect.kind === "created" ? {
		...request,
		effect: {
			...request.effect,
			since
		}
	} : request;
	const undo = plan.undo.kind === "requests" ? {
		...plan.undo,
		requests: plan.undo.requests.map(dated)
	} : plan.undo;
	return {
		...envelope,
		plan: {
			...plan,
			requests: plan.requests.map(dated),
			undo
		}
	};
}
function checksOfUndone(checks, done) {
	return checks.filter(({ of }) => of === void 0 || (done[of]?.outcome ?? "not-applied") !== "not-applied").map((check) => bindCheck(check, check.of === void 0 ? void 0 : done[check.of]?.uid));
}
function bindCheck(check, uid) {
	return check.kind === "object-gone" && uid !== void 0 ? {
		...check,
		uid
	} : check;
}

// src/job/execution-job.ts
function podPath(place) {
	return {
		group: "",
		version: "v1",
		resource: "pods",
		...place
	};
}

// src/plan/verdict.ts
function isRollback({ requests, undo }) {
	return undo !== void 0 && requests.length === 0;
}
function isUndone({ undo, result, undone }) {
	if (undone !== void 0) return undone;
	return undo !== void 0 && result !== "rollback-failed" && undo.checks.every(({ met }) => met);
}
function isChanged(verdict) {
	const { requests, undo, changed } = verdict;
	if (changed !== void 0) return changed;
	return (isRollback(verdict) ? undo?.requests ?? [] : requests).some((request) => request.outcome !== "not-applied") && (isRollback(verdict) || !isUndone(verdict));
}
function exitCodeOf({ result }) {
	return result === "succeeded" || result === "skipped" ? 0 : 1;
}
function readVerdict(text) {
	if (typeof text !== "string") return void 0;
	try {
		const verdict = JSON.parse(text);
		return verdict.version === 1 && typeof verdict.result === "string" ? verdict : void 0;
	} catch {
		return;
	}
}
function writeVerdict(verdict, mostBytes) {
	const { undo: _undo, ...rest } = verdict;
	const short = {
		...rest,
		requests: [],
		checks: [],
		timeline: [],
		shortened: true,
		changed: isChanged(verdict),
		undone: isUndone(verdict)
	};
	const forms = [
		verdict,
		{
			...verdict,
			timeline: []
		},
		short
	];
	const lengths = [
		2e3,
		1e3,
		500,
		100
	].map((length) => ({
		...short,
		message: verdict.message.slice(0, length).toWellFormed()
	}));
	return [...forms, ...lengths].map((form) => JSON.stringify(form)).find((text) => Buffer.byteLength(text) <= mostBytes) ?? "";
}

// src/execute/journal.ts
const MOST_BYTES = 2e5;
const MOST_ANSWER_BYTES = 15e4;
async function openJournalOfPod(api, identity) {
	const { namespace, podName: name } = identity;
	const pod = await getObject(api, podPath({
		namespace,
		name
	}));
	if (pod?.metadata.uid !== identity.podUid) return {
		result: "failed",
		reasonCode: "interrupted",
		message: `pod/${identity.podName} was deleted, or is no longer this one`
	};
	if (pod.metadata.deletionTimestamp !== void 0) return {
		result: "cancelled",
		reasonCode: "cancelled",
		message: `pod/${identity.podName} was deleted before it had begun`
	};
	return openJournal(api, identity, pod);
}
async function openJournal(api, identity, pod) {
	const job = pod.metadata.ownerReferences?.find((owner) => owner.kind === "Job");
	if (!job) throw new Error(`pod/${identity.podName} has no Job`);
	const now = microTime(/* @__PURE__ */ new Date());
	const response = await api.send({
		method: "POST",
		path: requestPath(leasePath({ namespace: identity.namespace })),
		body: {
			apiVersion: "coordination.k8s.io/v1",
			kind: "Lease",
			metadata: {
				name: job.name,
				namespace: identity.namespace,
				labels: { [LABEL.executionId]: pod.metadata.labels?.[LABEL.executionId] ?? job.name },
				ownerReferences: [{
					apiVersion: "batch/v1",
					kind: "Job",
					name: job.name,
					uid: job.uid
				}]
			},
			spec: {
				holderIdentity: holderIdentity(identity),
				acquireTime: now,
				renewTime: now,
				leaseDurationSeconds: 1,
				leaseTransitions: 0
			}
		},
		resendable: true
	});
	const lease = leasePath({
		namespace: identity.namespace,
		name: job.name
	});
	const own = response.status === 409 ? await findOwn(api, lease, holderIdentity(identity), now) : expectObject(response);
	if (own === void 0) return void 0;
	const waitedSeconds = (createdMs(own) - createdMs(pod)) / 1e3;
	const runningSeconds = (createdMs(own) - Date.parse(textAt(pod, "/status/startTime"))) / 1e3;
	return {
		job,
		createdAt: own.metadata.creationTimestamp ?? "",
		waitedSeconds,
		startupSeconds: Math.max(0, runningSeconds - performance.now() / 1e3) || 0,
		close: (verdict, answer) => close(api, lease, {
			verdict,
			answer
		})
	};
}
function createdMs({ metadata }) {
	return Date.parse(metadata.creationTimestamp ?? "");
}
async function findOwn(api, lease, holder, acquireTime) {
	const live = await getObject(api, lease);
	return live !== null && holderOf(live) === holder && textAt(live, "/spec/acquireTime") === acquireTime ? live : void 0;
}
async function close(api, lease, { verdict, answer }) {
	const left = MOST_BYTES - Buffer.byteLength(answer ?? "");
	expectSuccess(await api.send({
		method: "PATCH",
		path: requestPath(lease),
		contentType: "application/merge-patch+json",
		body: {
			metadata: { annotations: {
				[ANNOTATION.verdict]: writeVerdict(verdict, left),
				...answer === void 0 ? {} : { [ANNOTATION.answer]: answer }
			} },
			spec: { renewTime: microTime(/* @__PURE__ */ new Date()) }
		},
		resendable: true
	}));
}

// src/job/mounted.ts
const MOUNT_FOLDER = "/plan";
const FILE = "plan.json";
const MOUNTED_FILE = `${MOUNT_FOLDER}/${FILE}`;
function secretToMount({ name, namespace, labels, job, contents }) {
	return {
		apiVersion: "v1",
		kind: "Secret",
		type: "Opaque",
		immutable: true,
		metadata: {
			name,
			namespace,
			labels,
			ownerReferences: [{
				apiVersion: "batch/v1",
				kind: "Job",
				name: job.name,
				uid: job.uid
			}]
		},
		stringData: { [FILE]: textOf(contents) }
	};
}
function textOf(contents) {
	return JSON.stringify(contents);
}

// src/execute/keep-undo.ts
async function keepUndo(envelope, secret, { api, namespace, job, hider }) {
	const live = await getObject(api, secret.object);
	const moved = whyMoved(secret, live);
	if (moved !== void 0) return failed("conflict", `${moved}; nothing was sent. Plan again`);
	const before = mapAt(live, "/data");
	hider.add(Object.values(before));
	const values = {
		...envelope.values,
		...onlyReferred(nameValues("before", before), envelope.plan)
	};
	const response = await api.send({
		method: "POST",
		path: requestPath({
			group: "",
			version: "v1",
			resource: "secrets",
			namespace
		}),
		resendable: true,
		body: undoSecret({
			...envelope,
			values
		}, namespace, job)
	});
	if (response.status < 300 || response.status === 409) return {
		kind: "kept",
		values
	};
	const { message } = new ApiError(response.status, response.body);
	return failed("request-refused", `what is needed for an undo could not be kept in secret/${undoSecretOf(job.name)}, so nothing was sent: HTTP ${response.status}, ${message}`);
}
function whyMoved(secret, live) {
	const name = say({
		kind: "Secret",
		name: secret.object.name ?? ""
	});
	if (!live) return `${name} is gone`;
	if (live.metadata.uid !== secret.uid) return `another ${name} has taken the place of the one planned for`;
	return live.metadata.resourceVersion === secret.resourceVersion ? void 0 : `${name} was changed since the plan was made`;
}
function failed(reasonCode, message) {
	return {
		kind: "failed",
		outcome: {
			result: "failed",
			reasonCode,
			message
		}
	};
}
function undoSecret(envelope, namespace, job) {
	const labels = {
		[LABEL.action]: envelope.plan.action,
		[LABEL.executionId]: envelope.executionId
	};
	return secretToMount({
		name: undoSecretOf(job.name),
		namespace,
		labels,
		job,
		contents: envelope
	});
}

// src/cluster/say-again.ts
const SAY_AGAIN_MS = 15e3;
function openSayAgain(say) {
	let last = {
		text: "",
		at: 0
	};
	return (text) => {
		const now = performance.now();
		if (text === last.text && now - last.at < SAY_AGAIN_MS) return;
		say(text);
		last = {
			text,
			at: now
		};
	};
}

// src/execute/lock-lease.ts
const RENEW_MS = 5e3;
const EXPIRES_AFTER_SECONDS = 15;
function lockPath(name) {
	return leasePath({
		namespace: LOCK_NAMESPACE,
		...name === void 0 ? {} : { name }
	});
}
async function takeLease(api, lock, lease) {
	const now = microTime(/* @__PURE__ */ new Date());
	const transitions = lease ? Number(specOf(lease)["leaseTransitions"] ?? 0) + 1 : 0;
	const spec = {
		holderIdentity: lock.holder,
		leaseDurationSeconds: 15,
		acquireTime: now,
		renewTime: now,
		leaseTransitions: transitions
	};
	const response = await (lease ? putLease(api, lease, spec) : api.send({
		method: "POST",
		path: requestPath(lockPath()),
		body: newLease(lock, spec)
	})).catch(passNoAnswer);
	return response === void 0 || response.status === 409 ? void 0 : expectObject(response);
}
async function renewLease(api, lease) {
	return expectObject(await rewrite(api, lease, {}));
}
async function freeLease(api, lease) {
	const response = await rewrite(api, lease, { holderIdentity: "" });
	if (response.status !== 409 && response.status !== 404) expectObject(response);
}
function newLease(lock, spec) {
	const { kind, namespace, name } = lock.target;
	return {
		apiVersion: "coordination.k8s.io/v1",
		kind: "Lease",
		metadata: {
			name: lock.name,
			namespace: LOCK_NAMESPACE,
			annotations: { [ANNOTATION.target]: [
				kind.toLowerCase(),
				namespace,
				name
			].filter((part) => part !== void 0).join("/") }
		},
		spec
	};
}
function putLease(api, lease, spec) {
	const { name, uid, resourceVersion, annotations } = lease.metadata;
	return api.send({
		method: "PUT",
		path: requestPath(lockPath(name)),
		body: {
			apiVersion: "coordination.k8s.io/v1",
			kind: "Lease",
			metadata: {
				name,
				namespace: LOCK_NAMESPACE,
				uid,
				resourceVersion,
				annotations
			},
			spec
		},
		resendable: true
	});
}
function passNoAnswer(error) {
	if (!(error instanceof NoAnswer)) throw error;
}
async function rewrite(api, lease, change) {
	const spec = {
		...specOf(lease),
		...change,
		renewTime: microTime(/* @__PURE__ */ new Date())
	};
	const response = await putLease(api, lease, spec);
	if (response.status !== 409) return response;
	const live = await getObject(api, lockPath(lease.metadata.name));
	const isOurs = live?.metadata.uid === lease.metadata.uid && holderOf(live) === holderOf(lease);
	return live && isOurs ? putLease(api, live, spec) : response;
}

// src/execute/lock.ts
const EXPIRES_AFTER_MS = 15 * 1e3;
function lockName(target) {
	const { group } = groupVersionOf(target.apiVersion);
	const key = [
		group,
		target.kind,
		target.namespace ?? "",
		target.name
	].join("/");
	return `lock-${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
}
async function acquireLocks(api, request) {
	const { holder } = request;
	const locks = [...new Map(request.targets.map((target) => [lockName(target), target]))].map(([name, target]) => ({
		name,
		target,
		holder
	})).toSorted((a, b) => a.name < b.name ? -1 : 1);
	const stillness = openStillness();
	const deadline = performance.now() + request.timeoutSeconds * 1e3;
	const held = [];
	const lastHolders = /* @__PURE__ */ new Map();
	for (const [index, lock] of locks.entries()) {
		const taken = await acquireOne(api, lock, {
			request,
			deadline,
			stillness,
			others: locks.slice(index + 1)
		}).catch(async (error) => {
			await Promise.allSettled(held.map((lease) => freeLease(api, lease)));
			throw error;
		});
		if (typeof taken === "string") {
			await Promise.all(held.map((lease) => freeLease(api, lease)));
			return {
				kind: "busy",
				message: taken
			};
		}
		held.push(taken.lease);
		lastHolders.set(lock.name, taken.lastHolder);
	}
	const lastHolder = (target) => lastHolders.get(lockName(target)) ?? "";
	return {
		kind: "held",
		locks: {
			...keepLocks(api, held),
			lastHolder
		}
	};
}
async function acquireOne(api, lock, waiting) {
	const { request, deadline, stillness, others } = waiting;
	const sayWaiting = openSayAgain(request.print);
	let lastHolder = "";
	for (;;) {
		const lease = await getObject(api, lockPath(lock.name));
		if (lease && holderOf(lease) === lock.holder) return {
			lease,
			lastHolder
		};
		lastHolder = holderIn(lease);
		const unchangedMs = lease ? stillness(lease) : 0;
		const state = lease ? await stateOf(api, lease, unchangedMs) : "free";
		if (lease === null || state === "free") {
			const taken = await takeLease(api, lock, lease);
			if (taken) return {
				lease: taken,
				lastHolder
			};
			continue;
		}
		const busy = `${say(lock.target)} is locked by ${describe$1(lease)}`;
		if (isGivenUp(request, state, deadline)) return busy;
		sayWaiting(`${busy}; ${WAITS[state]}`);
		if (state === "orphaned" && unchangedMs === 0) await seeOthers(api, others, stillness);
		await untilWritten(api, lease, waitMs(unchangedMs, deadline), request.signal);
	}
}
function holderIn(lease) {
	return lease ? holderOf(lease) : "";
}
const WAITS = {
	held: "waiting",
	orphaned: "its pod is gone, waiting for the lease to expire"
};
function openStillness() {
	const seen = /* @__PURE__ */ new Map();
	return ({ metadata: { name, resourceVersion = "" } }) => {
		const now = performance.now();
		const last = seen.get(name);
		if (last?.version === resourceVersion) return now - last.since;
		seen.set(name, {
			version: resourceVersion,
			since: now
		});
		return 0;
	};
}
async function seeOthers(api, others, stillness) {
	const leases = await Promise.all(others.map(({ name }) => getObject(api, lockPath(name))));
	for (const lease of leases) if (lease) stillness(lease);
}
function waitMs(unchangedMs, deadline) {
	const leftMs = Math.max(deadline - performance.now(), 1);
	return Math.ceil(Math.min(unchangedMs < EXPIRES_AFTER_MS ? EXPIRES_AFTER_MS - unchangedMs : EXPIRES_AFTER_MS, leftMs));
}
async function untilWritten(api, { metadata: { name, resourceVersion = "" } }, ms, signal) {
	const options = {
		fieldSelector: `metadata.name=${name}`,
		resourceVersion,
		signal: AbortSignal.any([signal, AbortSignal.timeout(ms)])
	};
	for await (const _write of watchCollection(api, lockPath(), options)) return;
}
function isGivenUp({ onLocked, signal }, state, deadline) {
	return state === "held" && onLocked !== "wait" || signal.aborted || performance.now() > deadline;
}
async function stateOf(api, lease, unchangedMs) {
	const holder = holderOf(lease);
	if (holder === "") return "free";
	if (await isUnfinished(api, holder)) return "held";
	const seconds = Number(specOf(lease)["leaseDurationSeconds"] ?? 15);
	return unchangedMs >= Math.min(seconds * 1e3, EXPIRES_AFTER_MS) ? "free" : "orphaned";
}
async function isUnfinished(api, holder) {
	const held = readHolder(holder);
	if (held === void 0) return false;
	const pod = await getObject(api, podPath({
		namespace: held.namespace,
		name: held.podName
	}));
	return pod?.metadata.uid === held.podUid && !isFinished(pod);
}
function keepLocks(api, held) {
	const lost = new AbortController();
	let renewing = Promise.resolve();
	const renewAll = async () => {
		for (const [index, lease] of held.entries()) held[index] = await renewLease(api, lease);
	};
	const timer = setInterval(() => {
		renewing = renewing.then(renewAll).catch((error) => {
			if (error instanceof ApiError && (error.status === 409 || error.status === 404)) lost.abort();
		});
	}, RENEW_MS);
	return {
		lost: lost.signal,
		release: async () => {
			clearInterval(timer);
			await renewing;
			await Promise.all(held.map((lease) => freeLease(api, lease)));
		}
	};
}
function describe$1(lease) {
	return `execution pod ${holderOf(lease)} since ${textAt(lease, "/spec/acquireTime") || "an unknown time"}`;
}

// src/rehearse/make-plan.ts
function makePlan(draft, { action, scope, at, settings }) {
	return {
		version: 1,
		action,
		scope,
		target: draft.target,
		at,
		summary: draft.summary,
		requests: draft.requests,
		checks: draft.checks,
		undo: draft.undo,
		locks: draft.locks,
		notes: draft.notes,
		...draft.collects === void 0 ? {} : { collects: draft.collects },
		...draft.secret === void 0 ? {} : { secret: draft.secret },
		settings
	};
}

// src/cluster/discovery.ts
async function discoverKinds(api, group, version) {
	const response = await api.send({
		method: "GET",
		path: discoveryPath({
			group,
			version
		})
	});
	if (response.status === 404) return null;
	const resources = readPointer(expectSuccess(response), "/resources");
	return (Array.isArray(resources) ? resources : []).filter(isRecord).filter((one) => !textAt(one, "/name").includes("/")).map((one) => ({
		kind: textAt(one, "/kind"),
		resource: textAt(one, "/name"),
		namespaced: one["namespaced"] === true,
		verbs: Array.isArray(one["verbs"]) ? one["verbs"].map(String) : []
	}));
}

// src/rehearse/observe-target.ts
const MOST_ROUNDS = 10;
function openSight() {
	const stores = {
		objects: /* @__PURE__ */ new Map(),
		lists: /* @__PURE__ */ new Map(),
		kinds: /* @__PURE__ */ new Map(),
		dryRuns: /* @__PURE__ */ new Map()
	};
	const { objects, lists, kinds, dryRuns } = stores;
	return {
		seen: {
			get: (path) => objects.get(requestPath(path)),
			list: (path, labelSelector, fieldSelector) => lists.get(selectionKey({
				path,
				labelSelector,
				fieldSelector
			})),
			discover: (group, version) => kinds.get(`${group}/${version}`),
			dryRun: (request) => dryRuns.get(canonicalJson(request)),
			get objects() {
				return [...objects.values()].filter((object) => object !== null);
			}
		},
		stores
	};
}
async function observeTarget(api, action, question, { seen, stores } = openSight()) {
	for (let round = 0; round < MOST_ROUNDS; round++) {
		const missing = action.reads(question, seen).filter((read) => isMissing(read, seen));
		if (missing.length === 0) return seen;
		const results = await Promise.allSettled(missing.map((read) => readOne(api, read, stores)));
		for (const result of results) if (result.status === "rejected") throw result.reason;
	}
	throw new Error(`${action.name} asks for more and more objects`);
}
async function readNamespace(api, name) {
	return name === "" ? null : getObject(api, {
		group: "",
		version: "v1",
		resource: "namespaces",
		name
	});
}
async function readOne(api, read, stores) {
	switch (read.kind) {
		case "get":
			stores.objects.set(requestPath(read.path), await getObject(api, read.path));
			return;
		case "list": {
			const { kind: _kind, path, ...selectors } = read;
			stores.lists.set(selectionKey(read), (await listObjects(api, path, selectors)).items);
			return;
		}
		case "discover":
			stores.kinds.set(`${read.group}/${read.version}`, await discoverKinds(api, read.group, read.version));
			return;
		case "dry-run": {
			const { status, body } = await api.send(toApiRequest({
				...read.request,
				resendable: true
			}, { dryRun: true }));
			stores.dryRuns.set(canonicalJson(read.request), {
				status,
				body
			});
		}
	}
}
function isMissing(read, seen) {
	switch (read.kind) {
		case "get": return seen.get(read.path) === void 0;
		case "list": return seen.list(read.path, read.labelSelector, read.fieldSelector) === void 0;
		case "discover": return seen.discover(read.group, read.version) === void 0;
		case "dry-run": return seen.dryRun(read.request) === void 0;
	}
}

// src/execute/plan-in-cluster.ts
async function planInCluster({ executionId, question, values, settings }, planner, { api, declared }) {
	if (settings === void 0) return refused("plan-invalid", "the question is one for a rehearsal");
	const asked = {
		...question,
		values
	};
	const draft = planner.plan(asked, await observeTarget(api, planner, asked));
	if (draft.kind === "refusal") return refused(draft.reasonCode, draft.message);
	const { action, scope, at } = question;
	const plan = makePlan(draft, {
		action,
		scope,
		at,
		settings
	});
	if (hashPlan(plan) === declared.planHash) return {
		executionId,
		plan,
		values
	};
	return refused("conflict", `what would be done now is no longer what was planned, because the Secret, or a workload that is restarted with it, has changed since: ${plan.summary}. Plan again`);
}
function refused(reasonCode, message) {
	return {
		result: "refused",
		reasonCode,
		message: `${message}; nothing was sent`
	};
}

// src/plan/hide-values.ts
const SHORTEST = 4;
const HIDDEN = "***";
function openValueHider() {
	const forms = /* @__PURE__ */ new Set();
	let longestFirst = [];
	const hide = (text) => longestFirst.reduce((so, form) => so.replaceAll(form, HIDDEN), text);
	return {
		add: (values) => {
			for (const value of values) for (const form of formsOf(value)) forms.add(form);
			longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
		},
		hide
	};
}
function formsOf(base64) {
	const text = Buffer.from(base64, "base64").toString("utf8");
	const lines = text.split(/\r?\n/).map((line) => line.trim());
	const plain = [
		text,
		text.trim(),
		...lines
	];
	const escaped = plain.map((form) => JSON.stringify(form).slice(1, -1));
	return [
		base64,
		base64.replace(/=+$/, ""),
		...plain,
		...escaped
	].filter((form) => form.length >= SHORTEST);
}

// src/execute/progress.ts
var Progress = class {
	#printLine;
	#lines = 0;
	#timeline = [];
	#requests = [];
	#undone = [];
	#checks = [];
	#undoChecks;
	constructor(printLine) {
		this.#printLine = printLine;
	}
	print = (text) => {
		for (const line of text.split(/\r?\n|\r/)) {
			this.#printLine(line);
			this.#lines += 1;
		}
	};
	reach(event) {
		this.#timeline.push({
			at: (/* @__PURE__ */ new Date()).toISOString(),
			event
		});
	}
	sent(verdict) {
		this.#requests.push(verdict);
		this.#tell(verdict);
	}
	heard(verdict) {
		this.#tell(verdict);
	}
	settled(verdicts) {
		this.#requests.push(...verdicts);
	}
	verified(checks) {
		this.#checks = checks;
	}
	undoSent(verdict) {
		this.#undoChecks ??= [];
		this.#undone.push(verdict);
		this.#tell(verdict);
	}
	undoVerified(checks) {
		this.#undoChecks = checks;
	}
	requests() {
		return this.#requests;
	}
	record() {
		return {
			requests: this.#requests,
			checks: this.#checks,
			...this.#undoChecks === void 0 ? {} : { undo: {
				requests: this.#undone,
				checks: this.#undoChecks
			} },
			timeline: this.#timeline,
			logLines: this.#lines
		};
	}
	#tell({ summary, outcome, status, message }) {
		this.reach(`${summary}: ${outcome}`);
		const answer = [status === void 0 ? "" : `HTTP ${status}`, message ?? ""].filter((part) => part !== "").join(", ");
		this.print(answer === "" ? `${summary}: ${outcome}` : `${summary}: ${outcome} (${answer})`);
	}
};

// src/execute/pod-run.ts
function openRun(edges) {
	const hider = openValueHider();
	return {
		...edges,
		hider,
		progress: new Progress((line) => edges.printLine(hider.hide(line)))
	};
}
function judgeRun({ identity, progress, hider }, outcome) {
	const { result, reasonCode } = outcome;
	const message = hider.hide(outcome.message);
	progress.reach(`verdict: ${result}`);
	progress.print(`${result}: ${message}`);
	const { requests, checks, undo, ...recorded } = progress.record();
	const hideOne = (one) => one.message === void 0 ? one : {
		...one,
		message: hider.hide(one.message)
	};
	const hideCheck = (check) => ({
		...check,
		detail: hider.hide(check.detail)
	});
	return {
		version: 1,
		executionId: jobNameOf(identity),
		result,
		reasonCode,
		message,
		requests: requests.map(hideOne),
		checks: checks.map(hideCheck),
		...undo && { undo: {
			requests: undo.requests.map(hideOne),
			checks: undo.checks.map(hideCheck)
		} },
		...recorded
	};
}
function jobNameOf({ podName }) {
	return podName.slice(0, -6);
}

// src/execute/rehearse-undo.ts
async function rehearseUndo(api, planned, past) {
	const said = (await Promise.all(planned.requests.map(async (request) => {
		const done = past.done[request.undoes];
		if (done === void 0 || done.outcome === "not-applied") return "";
		const why = request.ofCreated === true ? await whyNotDelete(api, request, done, past) : "";
		if (why !== "") return `${request.summary}: ${why}`;
		if (done.outcome !== "applied" || request.rehearsal !== "yes") return "";
		const bound = await bindToCreated(api, request, done, past.isCreated);
		return bound.request ? rehearseOne(api, bound.request) : "";
	}))).filter((refusal) => refusal !== "");
	return said.length === 0 ? void 0 : said.join("; ");
}
async function whyNotDelete(api, { effect: { object } }, done, past) {
	const live = await getObject(api, object);
	if (live === null) return "";
	if (done.uid === void 0 ? past.isCreated(live) : done.uid === live.metadata.uid) {
		const moved = whatMoved(past.checks, object, live);
		return moved === "" ? "" : `${moved}. Delete it by hand if it is to go`;
	}
	return done.uid === void 0 && past.mayBeCreated(live) ? "that execution left no word whether it created what is there now, and others have worked on it since. Delete it by hand if it is to go, and run this again" : "";
}
function whatMoved(checks, object, live) {
	const fields = checks.flatMap((check) => check.kind === "fields-equal" && sameJson(check.object, object) ? check.fields : []).map(({ pointer, after }) => ({
		pointer,
		before: after
	}));
	return explainMoves(object, fields, live);
}
async function rehearseOne(api, request) {
	const { status, body } = await api.send(toApiRequest(request, { dryRun: true }));
	if (status < 300 || status === 404 && request.effect.kind === "gone") return "";
	const why = isConflict({ status }, request) ? explainConflict(request, await getObject(api, request.effect.object)) : "";
	return `${request.summary}: ${why === "" ? `HTTP ${status}, ${new ApiError(status, body).message}` : why}`;
}

// src/execute/undo.ts
const LEAST_SECONDS = 90;
async function undo(api, progress, undoing) {
	progress.reach("undo begun");
	const { refused, done } = await sendUndo(api, progress, undoing);
	return refused ? {
		kind: "refused",
		...refused
	} : {
		kind: "judged",
		outcome: await verifyUndo(api, progress, {
			...undoing,
			done
		})
	};
}
async function sendUndo(api, progress, undoing) {
	const done = [...undoing.done];
	let refused;
	for (const each of undoing.planned.requests) {
		const was = done[each.undoes];
		if (was === void 0 || was.outcome === "not-applied") continue;
		const sent = await sendOne(api, each, was, undoing.isCreated);
		done[each.undoes] = sent.done;
		if (!sent.verdict) continue;
		progress.undoSent(sent.verdict);
		if (sent.isDone === true) continue;
		refused ??= {
			verdict: sent.verdict,
			reasonCode: reasonOf(each, sent.verdict)
		};
		if (each.independent !== true) break;
	}
	return {
		done,
		...refused && { refused }
	};
}
function reasonOf(request, verdict) {
	return isConflict(verdict, request) ? "rollback-conflict" : "rollback-failed";
}
async function sendOne(api, planned, was, isCreated) {
	try {
		const { request, done } = await bindToCreated(api, planned, was, isCreated);
		if (!request) return { done };
		const verdict = await sendPlanned(api, request);
		return {
			verdict,
			isDone: isTakenBack(request, verdict, was) || await isSoAlready(api, request, verdict),
			done
		};
	} catch (error) {
		const { summary } = planned;
		return {
			verdict: {
				summary,
				outcome: "unknown",
				message: messageOf(error)
			},
			done: was
		};
	}
}
async function isSoAlready(api, request, verdict) {
	const { effect } = request;
	if (!isLate(request, verdict) || effect.kind !== "fields") return false;
	return hasHappened(effect, await getObject(api, effect.object));
}
function isTakenBack(request, verdict, was) {
	return verdict.outcome === "applied" || was.outcome === "unknown" && isLate(request, verdict);
}
function isLate(request, verdict) {
	return verdict.outcome === "not-applied" && isConflict(verdict, request);
}
async function verifyUndo(api, progress, undoing) {
	const { planned, done, signal } = undoing;
	const wanted = planned.checks.filter(({ heldBefore }) => heldBefore !== false);
	const checks = checksOfUndone(wanted, done);
	const outcome = await awaitUndone(api, progress, checks, undoing).catch((error) => notSeen(checks, messageOf(error), signal));
	progress.undoVerified(outcome.checks);
	return outcome;
}
async function awaitUndone(api, progress, checks, { timeoutSeconds, signal }) {
	await using seen = await observe(api, checks, signal);
	return await awaitChecks(checks, seen, {
		timeoutSeconds: Math.max(timeoutSeconds, LEAST_SECONDS),
		soakSeconds: 0,
		signal,
		print: progress.print
	});
}
function notSeen(checks, detail, signal) {
	return {
		kind: signal.aborted ? "stopped" : "failed",
		reasonCode: "rollback-failed",
		detail,
		checks: checks.map((check) => ({
			summary: describeCheck(check),
			met: false,
			detail
		}))
	};
}
function sayWhole(leaves) {
	return leaves === void 0 ? ": it is as it was before" : `, but not all comes back: ${leaves}`;
}

// src/execute/roll-back.ts
async function rollBack(envelope, progress, { api, namespace, locks, stop }) {
	const { plan } = envelope;
	if (plan.undo.kind === "irreversible") return {
		result: "refused",
		reasonCode: "irreversible",
		message: `there is no undo: ${plan.undo.reason}`
	};
	const journal = await getObject(api, leasePath({
		namespace,
		name: envelope.executionId
	}));
	const done = readDone(journal, plan);
	if (typeof done === "string") return {
		result: "succeeded",
		reasonCode: "no-change",
		message: done
	};
	const past = pastOf(journal, plan, {
		done,
		locks
	});
	const refusal = await rehearseUndo(api, plan.undo, past);
	if (refusal !== void 0) return {
		result: "refused",
		reasonCode: "rollback-conflict",
		message: `refused in its dry run, so nothing was sent: ${refusal}`
	};
	progress.reach("undo rehearsed");
	return judgeUndone$1(await undo(api, progress, {
		planned: plan.undo,
		...past,
		timeoutSeconds: plan.settings.verifyTimeoutSeconds,
		signal: stop
	}), plan.undo.leaves);
}
function readDone(journal, plan) {
	const verdict = readVerdict(journal?.metadata.annotations?.[ANNOTATION.verdict]);
	if (!verdict) return unknownRequests(plan);
	if (isUndone(verdict)) return "it was undone already; nothing was sent";
	if (!isChanged(verdict)) return "it had changed nothing; nothing was sent";
	return verdict.shortened === true ? unknownRequests(plan) : verdict.requests;
}
function unknownRequests(plan) {
	return plan.requests.map(({ summary }) => ({
		summary,
		outcome: "unknown"
	}));
}
function pastOf(journal, { locks, checks }, { done, locks: held }) {
	const holder = journal ? holderOf(journal) : "";
	const since = journal?.metadata.creationTimestamp;
	const isLast = holder !== "" && locks.every((lock) => held.lastHolder(lock) === holder);
	const mayBe = (live) => isMadeByUs(live, since);
	return {
		done,
		checks,
		mayBeCreated: mayBe,
		isCreated: (live) => isLast && mayBe(live)
	};
}
function judgeUndone$1(undone, leaves) {
	if (undone.kind === "refused") {
		const { verdict, reasonCode } = undone;
		const { summary, message } = verdict;
		return {
			result: "rollback-failed",
			reasonCode,
			message: `the undo failed: ${summary}: ${message ?? "no answer"}`
		};
	}
	const { outcome } = undone;
	if (outcome.kind === "met") return {
		result: "succeeded",
		reasonCode: "ok",
		message: `undone and verified${sayWhole(leaves)}`
	};
	if (outcome.kind === "stopped") return {
		result: "cancelled",
		reasonCode: "cancelled",
		message: `the undo was sent; stopped during its verification: ${outcome.detail}`
	};
	return {
		result: "rollback-failed",
		reasonCode: "rollback-failed",
		message: `the undo was sent but not verified: ${outcome.detail}`
	};
}

// src/execute/undo-after.ts
const STOPPED_SECONDS = 60 - 15;
async function undoAfter(cause, { plan }, progress, { api, since, stop }) {
	if (plan.undo.kind === "irreversible") return {
		...cause,
		message: `${cause.message}. There is no undo: ${plan.undo.reason}`
	};
	const { leaves } = plan.undo;
	if (plan.undo.requests.length === 0) return {
		...cause,
		message: `${cause.message}. There is nothing to undo${leaves === void 0 ? "" : `: ${leaves}`}`
	};
	progress.print(`undoing, because: ${cause.message}`);
	using killed = beforeKilled(stop);
	return judgeUndone(await undo(api, progress, {
		planned: plan.undo,
		done: progress.requests(),
		isCreated: (live) => isMadeByUs(live, since),
		timeoutSeconds: plan.settings.verifyTimeoutSeconds,
		signal: killed.signal
	}), cause, leaves);
}
function beforeKilled(stop) {
	const killed = new AbortController();
	let timer;
	const begin = () => {
		timer = setTimeout(() => killed.abort(), STOPPED_SECONDS * 1e3);
	};
	if (stop.aborted) begin();
	else stop.addEventListener("abort", begin, { once: true });
	return {
		signal: killed.signal,
		[Symbol.dispose]: () => {
			stop.removeEventListener("abort", begin);
			clearTimeout(timer);
		}
	};
}
function judgeUndone(undone, cause, leaves) {
	if (undone.kind === "refused") {
		const { verdict, reasonCode } = undone;
		const { summary, message, outcome } = verdict;
		return {
			result: "rollback-failed",
			reasonCode,
			message: `${cause.message}. The undo failed (${outcome}): ${summary}: ${message ?? "no answer"}`
		};
	}
	if (undone.outcome.kind !== "met") return {
		result: "rollback-failed",
		reasonCode: "rollback-failed",
		message: `${cause.message}. The undo was sent but not verified: ${undone.outcome.detail}`
	};
	return {
		result: cause.result === "cancelled" ? "cancelled" : "rolled-back",
		reasonCode: cause.reasonCode,
		message: `${cause.message}. Undone and verified${sayWhole(leaves)}`
	};
}

// src/execute/run-executor.ts
const LATE_SECONDS = 15;
async function runExecutor(mounted, planners, edges) {
	const run = openRun(edges);
	run.hider.add(Object.values(mounted.values ?? {}));
	run.progress.print(titleOf(mounted, edges.declared));
	const planner = planners.find(({ name }) => name === edges.declared.action);
	const misfits = findMountedMisfits(mounted, planner, edges);
	if (misfits.length > 0) return judgeRun(run, {
		result: "refused",
		reasonCode: "plan-invalid",
		message: misfits.join("; ")
	});
	const journal = await openJournalOfPod(edges.api, edges.identity).catch(outcomeOf);
	if (journal && "reasonCode" in journal) {
		const message = `nothing was sent, since the journal could not be opened: ${journal.message}`;
		return judgeRun(run, {
			...journal,
			message
		});
	}
	if (!journal) return judgeRun(run, {
		result: "failed",
		reasonCode: "interrupted",
		message: "another pod of this Job has begun already; nothing was sent. The journal has what became of it."
	});
	const verdict = await decide(withOwnSettings(mounted, edges.declared), planner, run, journal);
	await journal.close(verdict).catch((error) => edges.printLine(`the journal could not be closed: ${messageOf(error)}`));
	return verdict;
}
function findMountedMisfits(mounted, planner, { declared, identity }) {
	const jobName = jobNameOf(identity);
	const plansHere = planner !== void 0 && declared.rollsBack === void 0;
	if (declared.rehearses === true || "question" in mounted !== plansHere) return [`what is mounted is not for an execution of ${declared.action}`];
	return "question" in mounted ? findQuestionMisfits(mounted, declared, jobName) : findMisfits(mounted, declared, jobName);
}
function withOwnSettings(mounted, { rollbackSettings }) {
	if ("question" in mounted || rollbackSettings === void 0) return mounted;
	const { plan } = mounted;
	return {
		...mounted,
		plan: {
			...plan,
			settings: {
				...plan.settings,
				...rollbackSettings
			}
		}
	};
}
function titleOf(mounted, { rollsBack, action }) {
	if ("question" in mounted) return `execution ${mounted.executionId}: ${action}, planned here`;
	const { executionId, plan } = mounted;
	return rollsBack === void 0 ? `execution ${executionId}: ${plan.summary}` : `rollback of execution ${rollsBack}: ${plan.summary}`;
}
async function decide(mounted, planner, run, journal) {
	try {
		const settings = "question" in mounted ? mounted.settings : mounted.plan.settings;
		const late = settings && refuseLate(journal, settings);
		if (late) return judgeRun(run, late);
		const envelope = await envelopeOf(mounted, planner, run);
		if ("reasonCode" in envelope) return judgeRun(run, envelope);
		return judgeRun(run, await lockAndRun(envelope, run, journal));
	} catch (error) {
		return judgeRun(run, outcomeOf(error));
	}
}
async function envelopeOf(mounted, planner, run) {
	if (!("question" in mounted)) return mounted;
	if (!planner) throw new Error("a question that nobody here can answer");
	const planned = await planInCluster(mounted, planner, run);
	if ("plan" in planned) run.progress.print(planned.plan.summary);
	return planned;
}
function refuseLate({ waitedSeconds }, { scheduleTimeoutSeconds }) {
	if (!(waitedSeconds > scheduleTimeoutSeconds + LATE_SECONDS)) return void 0;
	return {
		result: "refused",
		reasonCode: "schedule-timeout",
		message: `this pod started ${waitedSeconds} s after its creation, later than schedule-timeout of ${scheduleTimeoutSeconds} s. Nobody waits for it any more, and its plan may be out of date: nothing was sent. Run the action again.`
	};
}
async function lockAndRun(envelope, run, journal) {
	const { locks, settings } = envelope.plan;
	const { progress } = run;
	const locking = await acquireLocks(run.api, {
		targets: locks,
		holder: holderIdentity(run.identity),
		onLocked: settings.onLocked,
		timeoutSeconds: settings.lockTimeoutSeconds,
		signal: run.stop.signal,
		print: progress.print
	});
	if (locking.kind === "busy") return blame(busy(locking.message, settings.onLocked, run.stop), envelope, run, journal);
	progress.reach("locked");
	try {
		return await runLocked(envelope, run, journal, locking.locks);
	} finally {
		await locking.locks.release().then(() => progress.reach("lock released"), (error) => progress.print(`the lock could not be released: ${messageOf(error)}`));
	}
}
function busy(message, onLocked, stop) {
	if (stop.signal.aborted) return {
		result: "cancelled",
		reasonCode: "cancelled",
		message: "stopped while waiting for the lock; nothing was sent"
	};
	const text = `${message}; nothing was sent`;
	return onLocked === "skip" ? {
		result: "skipped",
		reasonCode: "locked",
		message: text
	} : {
		result: "refused",
		reasonCode: "locked",
		message: text
	};
}
async function runLocked(planned, run, journal, locks) {
	const { api, progress } = run;
	const stop = AbortSignal.any([run.stop.signal, locks.lost]);
	const filled = await fillIn(planned, run, journal);
	if ("outcome" in filled) return filled.outcome;
	const envelope = createdSince(filled.envelope, journal.createdAt);
	if (run.declared.rollsBack !== void 0) {
		const { namespace } = run.identity;
		return blame(await rollBack(envelope, progress, {
			api,
			namespace,
			locks,
			stop
		}), envelope, run, journal);
	}
	const forward = blame(await carryOut(envelope, progress, {
		api,
		stop
	}), envelope, run, journal);
	if (forward.result === "succeeded" || !forward.changed) return forward;
	if (envelope.plan.settings.onFailure === "keep") return {
		...forward,
		message: `${forward.message}. Kept as it is (on-failure: keep)`
	};
	return undoAfter(forward, envelope, progress, {
		api,
		since: journal.createdAt,
		stop: run.stop.signal
	});
}
async function fillIn(envelope, run, { job }) {
	const { plan, values = {} } = envelope;
	if (plan.secret === void 0) return { envelope };
	const kept = run.declared.rollsBack === void 0 ? await keepUndo(envelope, plan.secret, {
		...run,
		namespace: run.identity.namespace,
		job
	}) : {
		kind: "kept",
		values
	};
	if (kept.kind === "failed") return kept;
	try {
		return { envelope: {
			...envelope,
			plan: fillValues(plan, plan.secret, kept.values)
		} };
	} catch (error) {
		return { outcome: {
			result: "refused",
			reasonCode: "plan-invalid",
			message: `${messageOf(error)}; nothing was sent`
		} };
	}
}
function blame(outcome, { plan: { settings } }, { stop }, { startupSeconds }) {
	if (outcome.reasonCode !== "cancelled") return outcome;
	const seconds = stop.afterSeconds();
	if (seconds === void 0) {
		const message = `the lock on the target was lost: ${outcome.message}`;
		return {
			...outcome,
			result: "failed",
			reasonCode: "locked",
			message
		};
	}
	if (startupSeconds + seconds < settings.runTimeoutSeconds - 5) return outcome;
	const message = `run-timeout of ${settings.runTimeoutSeconds} s was over: ${outcome.message}`;
	return {
		...outcome,
		result: "timed-out",
		reasonCode: "run-timeout",
		message
	};
}

// src/cluster/rehearsal-only.ts
function rehearsalOnly(api) {
	return {
		url: api.url,
		close: () => api.close(),
		send: async (request) => {
			refuseRealWrite(request);
			return api.send(request);
		},
		stream: async (request) => {
			refuseRealWrite(request);
			return api.stream(request);
		}
	};
}
function refuseRealWrite(request) {
	if (request.method === "GET") return;
	const missing = missingDryRun(request);
	if (missing === void 0) return;
	throw new Error(`not sent: ${request.method} ${request.path} is a rehearsal without dryRun in its ${missing}`);
}
function missingDryRun(request) {
	if (request.query?.["dryRun"] !== "All") return "query";
	if (request.method === "DELETE" && !saysDryRun(request.body)) return "body";
	if (request.method === "POST" && request.path.endsWith("/eviction") && !saysDryRun(readPointer(request.body, "/deleteOptions"))) return "body";
}
function saysDryRun(options) {
	const dryRun = readPointer(options, "/dryRun");
	return Array.isArray(dryRun) && dryRun.length === 1 && dryRun[0] === "All";
}

// src/cluster/settle.ts
function settle(promise) {
	return promise.then((value) => ({ value }), (error) => ({ error }));
}
function take({ value, error }) {
	if (value !== void 0) return value;
	throw error instanceof Error ? error : new Error(String(error));
}

// src/plan/owner-marks.ts
const GITOPS_MARKS = [{
	tool: "Argo CD",
	keys: [
		"argocd.argoproj.io/tracking-id",
		"argocd.argoproj.io/instance",
		"argocd.argoproj.io/managed"
	]
}, {
	tool: "Flux",
	keys: [
		"kustomize.toolkit.fluxcd.io/name",
		"helm.toolkit.fluxcd.io/name",
		"fluxcd.io/sync-gc-mark",
		"fluxcd.io/sync-status",
		"fluxcd.io/sync-checksum"
	]
}];
const HELM = {
	label: "app.kubernetes.io/managed-by",
	releaseAnnotation: "meta.helm.sh/release-name"
};
const OWNER_ANNOTATIONS = /* @__PURE__ */ new Set([...GITOPS_MARKS.flatMap(({ keys }) => keys), HELM.releaseAnnotation]);

// src/rehearse/access-review.ts
async function reviewAll(api, rights) {
	const answers = await Promise.all(rights.map((right) => reviewAccess(api, right)));
	return rights.map((right, index) => {
		const { allowed, reason } = answers[index] ?? {
			allowed: "unknown",
			reason: ""
		};
		return {
			permission: describe(right),
			allowed,
			...reason === "" ? {} : { reason }
		};
	});
}
async function reviewAccess(api, right) {
	const { verb, group, resource, subresource, namespace, name } = right;
	try {
		const review = await createObject(api, {
			group: "authorization.k8s.io",
			version: "v1",
			resource: "selfsubjectaccessreviews"
		}, {
			apiVersion: "authorization.k8s.io/v1",
			kind: "SelfSubjectAccessReview",
			spec: { resourceAttributes: {
				verb,
				group,
				resource,
				subresource,
				namespace,
				name
			} }
		}, { resendable: true });
		const allowed = readPointer(review, "/status/allowed") === true;
		const problem = readPointer(review, "/status/evaluationError");
		return {
			allowed: allowed ? "yes" : "no",
			reason: typeof problem === "string" ? problem : ""
		};
	} catch (error) {
		return {
			allowed: "unknown",
			reason: messageOf(error)
		};
	}
}
function rightsOf(rules, namespace) {
	return rules.flatMap(({ apiGroups, resources, verbs }) => apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({
		verb,
		group,
		...splitResource(resource),
		...namespace === void 0 ? {} : { namespace }
	})))));
}
function splitResource(resource) {
	const [name = "", subresource] = resource.split("/");
	return subresource === void 0 ? { resource: name } : {
		resource: name,
		subresource
	};
}
function describe({ verb, group, resource, subresource, namespace, name }) {
	return `${verb} ${`${resource}${subresource === void 0 ? "" : `/${subresource}`}${group === "" ? "" : `.${group}`}`}${name === void 0 ? "" : ` "${name}"`}${namespace === void 0 ? " clusterwide" : ` in ${namespace}`}`;
}

// src/rehearse/rehearse.ts
async function rehearse({ draft, observed, api, podApi }) {
	const [requests, pods] = await Promise.all([Promise.all(draft.requests.map((request) => rehearseRequest(api, request, observed))), podApi ? Promise.all(draft.podTemplates.map((template) => rehearsePod(podApi, template))) : []]);
	return {
		requests: requests.map(({ rehearsed }) => rehearsed),
		findings: [...requests.flatMap(({ warnings }) => warnings), ...pods.flat()]
	};
}
async function rehearseRequest(api, request, observed) {
	const { summary } = request;
	if (request.rehearsal !== "yes") return {
		rehearsed: {
			summary,
			outcome: "not-rehearsed",
			message: request.rehearsal === "cannot" ? "its kind is not served yet" : `needs what request ${request.rehearsal.dependsOn + 1} makes`,
			diff: []
		},
		warnings: []
	};
	const response = await api.send(toApiRequest(request, { dryRun: true }));
	const warnings = response.warnings.map((message) => ({
		severity: "warning",
		about: summary,
		message
	}));
	const { status } = response;
	if (status >= 200 && status < 300) return {
		rehearsed: {
			summary,
			outcome: "accepted",
			status,
			diff: diffOf(request, observed, response.body)
		},
		warnings
	};
	const error = new ApiError(status, response.body);
	const { message, causeMessages } = error;
	if (request.waitsForBudget === true && isHeldBack(error)) {
		const held = [message, ...causeMessages].join(" ");
		const finding = {
			severity: "warning",
			about: summary,
			message: `would have to wait: ${held}`
		};
		return {
			rehearsed: {
				summary,
				outcome: "not-rehearsed",
				status,
				message: held,
				diff: []
			},
			warnings: [...warnings, finding]
		};
	}
	throwWhereSick(error);
	return {
		rehearsed: {
			summary,
			outcome: "refused",
			status,
			message,
			diff: []
		},
		warnings
	};
}
function throwWhereSick(error) {
	if (cannotServe(error) && !isFinalFault(error) && !isWebhookAway(error)) throw error;
}
function diffOf(request, observed, answer) {
	const { effect, path } = request;
	if (effect.kind === "gone") return [{
		pointer: "",
		before: `${path.resource}/${path.name ?? ""}`
	}];
	if (effect.kind === "created") return [showChange(effect.object, {
		pointer: "",
		after: request.body
	})];
	const live = observed.get(effect.object);
	const lines = path.subresource === void 0 && live ? diffObjects(live, answer) : effect.fields.map((field) => afterwards(field, answer));
	const open = effect.fields.filter(({ after }) => hasServerChoice(after));
	return lines.map((line) => open.find(({ pointer }) => pointer === line.pointer) ?? line).map((line) => showChange(effect.object, line));
}
function afterwards({ after: planned, ...field }, answer) {
	const after = readPointer(answer, field.pointer) ?? planned;
	return after === void 0 ? field : {
		...field,
		after
	};
}
async function rehearsePod(api, template) {
	const about = `a pod of ${say(template.of)}`;
	const response = await api.send({
		method: "POST",
		path: requestPath({
			group: "",
			version: "v1",
			resource: "pods",
			namespace: template.namespace
		}),
		query: { dryRun: "All" },
		resendable: true,
		body: {
			apiVersion: "v1",
			kind: "Pod",
			metadata: {
				generateName: "rehearsal-",
				...template.metadata
			},
			spec: template.spec
		}
	});
	const warnings = response.warnings.map((message) => ({
		severity: "warning",
		about,
		message
	}));
	if (response.status >= 200 && response.status < 300) return warnings;
	const error = new ApiError(response.status, response.body);
	throwWhereSick(error);
	const { message } = error;
	return [...warnings, {
		severity: isOnlyFull(template, message) ? "warning" : "refusal",
		about,
		message
	}];
}
function isOnlyFull(template, message) {
	return template.replaces && message.includes("exceeded quota");
}

// src/rehearse/answer-question.ts
async function answerQuestion({ question, values }, { planner, api, hider }) {
	const asked = {
		...question,
		values
	};
	hider.add(Object.values(values));
	const [permissions, observed, namespaceObject] = await Promise.all([
		reviewAll(api, rightsOf(planner.permissions, question.namespace)),
		settle(observeTarget(api, planner, asked)),
		settle(readNamespace(api, question.namespace))
	]);
	if (permissions.some(({ allowed }) => allowed !== "yes")) return { permissions };
	const seen = take(observed);
	const before = dataOf(seen);
	hider.add(Object.values(before));
	const namespace = take(namespaceObject);
	const draft = planner.plan(asked, seen);
	const answer = {
		permissions,
		draft: withoutTemplates(draft),
		involved: seen.objects.map(onlyMetadata),
		...namespace ? { namespaceObject: onlyMetadata(namespace) } : {}
	};
	if (draft.kind === "refusal") return answer;
	const known = {
		...values,
		...nameValues("before", before)
	};
	const filled = draft.secret ? fillValues(draft, draft.secret, known) : draft;
	const rehearsal = await rehearse({
		draft: filled,
		observed: seen,
		api: rehearsalOnly(api)
	});
	return {
		...answer,
		rehearsal: hideMessages(rehearsal, hider)
	};
}
function withoutTemplates(draft) {
	return draft.kind === "plan" ? {
		...draft,
		podTemplates: []
	} : draft;
}
function dataOf({ objects }) {
	return Object.fromEntries(objects.filter(({ kind }) => kind === "Secret").flatMap((secret) => Object.entries(mapAt(secret, "/data"))));
}
function onlyMetadata({ apiVersion, kind, metadata }) {
	const { name, namespace, uid, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
	const managed = readPointer(metadata, "/managedFields");
	const managers = Array.isArray(managed) ? managed.map((one) => ({ manager: textAt(one, "/manager") })) : [];
	const owners = Object.entries(annotations).filter(([key]) => OWNER_ANNOTATIONS.has(key));
	const kept = {
		name,
		...namespace === void 0 ? {} : { namespace },
		uid,
		labels,
		annotations: Object.fromEntries(owners),
		ownerReferences,
		managedFields: managers
	};
	return {
		...apiVersion === void 0 ? {} : { apiVersion },
		...kind === void 0 ? {} : { kind },
		metadata: kept
	};
}
function hideMessages({ requests, findings }, { hide }) {
	return {
		requests: requests.map((one) => one.message === void 0 ? one : {
			...one,
			message: hide(one.message)
		}),
		findings: findings.map((one) => ({
			...one,
			message: hide(one.message)
		}))
	};
}

// src/execute/run-rehearsal.ts
async function runRehearsal(envelope, planners, edges) {
	const run = openRun(edges);
	if (!("question" in envelope)) return judgeRun(run, {
		result: "refused",
		reasonCode: "plan-invalid",
		message: "a plan is mounted where a question was declared"
	});
	run.progress.print(`rehearsal of ${envelope.question.action} for ${envelope.executionId}`);
	const misfits = findQuestionMisfits(envelope, edges.declared, jobNameOf(edges.identity));
	const planner = planners.find(({ name }) => name === envelope.question.action);
	if (misfits.length > 0 || !planner) {
		const message = planner ? misfits.join("; ") : `${envelope.question.action} does not rehearse in a Job`;
		return judgeRun(run, {
			result: "refused",
			reasonCode: "plan-invalid",
			message
		});
	}
	const journal = await openJournalOfPod(edges.api, edges.identity).catch(outcomeOf);
	if (journal && "reasonCode" in journal) return judgeRun(run, journal);
	if (!journal) return judgeRun(run, {
		result: "failed",
		reasonCode: "interrupted",
		message: "another pod of this Job has begun already. The journal has what became of it."
	});
	const { outcome, answer } = await answerOrFail(envelope, planner, run);
	const verdict = judgeRun(run, outcome);
	await journal.close(verdict, answer);
	return verdict;
}
async function answerOrFail(envelope, planner, run) {
	try {
		const answer = JSON.stringify(await answerQuestion(envelope, {
			planner,
			...run
		}));
		if (Buffer.byteLength(answer) <= 15e4) return {
			outcome: {
				result: "succeeded",
				reasonCode: "planned",
				message: "rehearsed"
			},
			answer
		};
		return { outcome: {
			result: "failed",
			reasonCode: "target-unsuitable",
			message: "the plan is too large for the journal; leave restart-consumers out"
		} };
	} catch (error) {
		return { outcome: outcomeOf(error) };
	}
}

// src/execute/stop.ts
function hearStop() {
	const controller = new AbortController();
	let stoppedAt;
	const stop = () => {
		stoppedAt ??= performance.now();
		controller.abort();
	};
	process.on("SIGTERM", stop);
	process.on("SIGINT", stop);
	return {
		signal: controller.signal,
		afterSeconds: () => stoppedAt === void 0 ? void 0 : stoppedAt / 1e3
	};
}

// src/exit.ts
const TIMEOUT_MS = 2e3;
async function exit(code) {
	await untilSettled(Promise.all([process.stdout, process.stderr].map(written)), TIMEOUT_MS);
	process.exit(code);
}
function written(stream) {
	const { promise, resolve } = Promise.withResolvers();
	stream.once("error", () => resolve());
	stream.write("", () => resolve());
	return promise;
}

// src/executor.ts
const PATIENCE = {
	attempts: 20,
	giveUpAfterMs: 4e4
};
const TERMINATION_FILE = "/dev/termination-log";
const stop = hearStop();
const printLine = (line) => {
	process.stdout.write(`${line}\n`);
};
async function main() {
	const access = await openInClusterAccess(process.env);
	const [identity, text] = await Promise.all([access.identity(), readFile(MOUNTED_FILE, "utf8")]);
	const edges = {
		declared: readArguments(process.argv.slice(2)),
		api: openApiServer(access, PATIENCE),
		identity,
		stop,
		printLine
	};
	const mounted = readMounted(text);
	return edges.declared.rehearses === true ? runRehearsal(mounted, planners, edges) : runExecutor(mounted, planners, edges);
}
function readMounted(text) {
	try {
		return JSON.parse(text);
	} catch {
		throw new Error(`${MOUNTED_FILE} is no JSON`);
	}
}
const TERMINATION_BYTES = 4096;
try {
	const verdict = await main();
	await writeFile(TERMINATION_FILE, writeVerdict(verdict, TERMINATION_BYTES));
	await exit(exitCodeOf(verdict));
} catch (error) {
	const message = stackOf(error);
	printLine(`the executor failed: ${message}`);
	await writeFile(TERMINATION_FILE, message.slice(0, TERMINATION_BYTES)).catch(() => void 0);
	await exit(1);
}

export {  };