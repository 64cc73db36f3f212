BEGIN TRANSACTION;
CREATE TABLE checkpoints (
	job_id VARCHAR NOT NULL, 
	seq INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	PRIMARY KEY (job_id, seq), 
	FOREIGN KEY(job_id) REFERENCES jobs (id)
);
INSERT INTO "checkpoints" VALUES('019ac879-92d0-7000-9773-7c3f53a75557',1,20,'{"version":3,"algorithm":{"population":[[[1,1,3],82.95076775983996],[[1,2,0],82.44972351998598],[[1,2,3],83.94485497569357],[[2,2,1],84.96230475711067],[[1,2,1],83.02041230088075],[[1,3,3],84.76902916010695],[[3,1,0],85.3678341861008],[[0,1,1],78.6094248406776],[[3,3,1],87.12188119786913],[[1,1,1],81.89072852582376]],"known":[[3,3,2],[1,1,0],[2,1,0],[1,3,1],[2,0,1],[3,1,2],[0,1,0],[0,3,0],[2,2,0],[2,1,2],[1,1,3],[1,2,0],[1,2,3],[2,2,1],[1,2,1],[1,3,3],[3,1,0],[0,1,1],[3,3,1],[1,1,1]],"rng":{"bit_generator":"PCG64","state":{"state":28593002857900014675861562251960695796,"inc":206562967917591127362463662992959630043},"has_uint32":0,"uinteger":1465953905}},"reference":[],"measurements":[{"arch":"7-7-5","costs":{"params":513370,"macs":22000256,"depth":42,"memory":49152},"values":{"nwot":[87.41601732079147]},"seconds":0.2682577848000108,"error":null},{"arch":"3-3-1","costs":{"params":124506,"macs":7844480,"depth":18,"memory":49152},"values":{"nwot":[81.2137205192764]},"seconds":0.06032849879993023,"error":null},{"arch":"5-3-1","costs":{"params":133850,"macs":10203776,"depth":22,"memory":49152},"values":{"nwot":[83.58643952702155]},"seconds":0.07309840980000785,"error":null},{"arch":"3-7-3","costs":{"params":346714,"macs":14922368,"depth":30,"memory":49152},"values":{"nwot":[83.95665694762415]},"seconds":0.06993323380008291,"error":null},{"arch":"5-1-3","costs":{"params":244698,"macs":10203776,"depth":22,"memory":49152},"values":{"nwot":[83.02088602207708]},"seconds":0.05084119380005063,"error":null},{"arch":"7-3-5","costs":{"params":439130,"macs":17281664,"depth":34,"memory":49152},"values":{"nwot":[86.12119830735892]},"seconds":0.08063990279997028,"error":null},{"arch":"1-3-1","costs":{"params":115162,"macs":5485184,"depth":14,"memory":49152},"values":{"nwot":[77.56968106530306]},"seconds":0.04756503879995648,"error":null},{"arch":"1-7-1","costs":{"params":189402,"macs":10203776,"depth":22,"memory":49152},"values":{"nwot":[80.92293769929435]},"seconds":0.044048509799989685,"error":null},{"arch":"5-5-1","costs":{"params":170970,"macs":12563072,"depth":26,"memory":49152},"values":{"nwot":[84.51229196644701]},"seconds":0.03720270579996736,"error":null},{"arch":"5-3-5","costs":{"params":429786,"macs":14922368,"depth":30,"memory":49152},"values":{"nwot":[84.52795245488882]},"seconds":0.07080947579997314,"error":null},{"arch":"3-3-7","costs":{"params":568410,"macs":14922368,"depth":30,"memory":49152},"values":{"nwot":[82.95076775983996]},"seconds":0.04697386479999181,"error":null},{"arch":"3-5-1","costs":{"params":161626,"macs":10203776,"depth":22,"memory":49152},"values":{"nwot":[82.44972351998598]},"seconds":0.03546931279997238,"error":null},{"arch":"3-5-7","costs":{"params":605530,"macs":17281664,"depth":34,"memory":49152},"values":{"nwot":[83.94485497569357]},"seconds":0.05355170979991612,"error":null},{"arch":"5-5-3","costs":{"params":318938,"macs":14922368,"depth":30,"memory":49152},"values":{"nwot":[84.96230475711067]},"seconds":0.04332663979998301,"error":null},{"arch":"3-5-3","costs":{"params":309594,"macs":12563072,"depth":26,"memory":49152},"values":{"nwot":[83.02041230088075]},"seconds":0.03787296980003134,"error":null},{"arch":"3-7-7","costs":{"params":642650,"macs":19640960,"depth":38,"memory":49152},"values":{"nwot":[84.76902916010695]},"seconds":0.05947743779999541,"error":null},{"arch":"7-3-1","costs":{"params":143194,"macs":12563072,"depth":26,"memory":49152},"values":{"nwot":[85.3678341861008]},"seconds":0.04038776780002422,"error":null},{"arch":"1-3-3","costs":{"params":263130,"macs":7844480,"depth":18,"memory":49152},"values":{"nwot":[78.6094248406776]},"seconds":0.04751647679999564,"error":null},{"arch":"7-7-3","costs":{"params":365402,"macs":19640960,"depth":38,"memory":49152},"values":{"nwot":[87.12188119786913]},"seconds":0.08237635779998413,"error":null},{"arch":"3-3-3","costs":{"params":272474,"macs":10203776,"depth":22,"memory":49152},"values":{"nwot":[81.89072852582376]},"seconds":0.03564466679999327,"error":null}],"beyond":null,"best":[87.41601732079147,"7-7-5"],"stale":19,"exhausted":false,"rejected":0,"probe":"5881089185432911593a0b922b808e0790e2a3068f9fd6054f79f4d484a53e45","seconds":1.3343060739999828,"latencies":[]}','76f1a9a17826751984b0f88e7a135d6fd5a41c32a30373daf7638548a8d0c8ec');
CREATE TABLE idempotency (
	principal VARCHAR NOT NULL, 
	route VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	fingerprint VARCHAR NOT NULL, 
	job_id VARCHAR NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	PRIMARY KEY (principal, route, "key"), 
	FOREIGN KEY(job_id) REFERENCES jobs (id)
);
INSERT INTO "idempotency" VALUES('','POST /v1/searches','before','f','019ac879-9e88-7000-bbcd-a2737b7623b7',1764386405.0);
CREATE TABLE jobs (
	id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	version INTEGER NOT NULL, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	started_at DOUBLE, 
	finished_at DOUBLE, 
	attempt INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	owner VARCHAR, 
	lease_until DOUBLE, 
	labels JSON NOT NULL, 
	spec JSON NOT NULL, 
	progress JSON NOT NULL, 
	result JSON, 
	error JSON, 
	PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('019ac879-8ee8-7000-8fd4-1cd724cc8ca4','search','succeeded',4,1764300001.0,1764300001.0,1764300001.0,1764300001.0,1,1,NULL,NULL,'{"was":"succeeded"}','{"teacher":{"name":"resnet20","num_classes":10,"in_shape":[3,16,16]},"search_space":"cifar-resnet","constraints":{"params":{"min":null,"max":null},"macs":{"min":null,"max":null},"memory":{"min":null,"max":null},"latency":{"min":null,"max":null,"device":"cpu","threads":1,"batch":1}},"budget":{"evaluations":40},"algorithm":{"name":"aging-evolution","population":10,"tournament":3},"score":"nwot","probe":{"source":"noise","size":8},"seeds":1,"finalists":20,"initialisations":1,"seed":0}','{"done":40,"total":40,"percent":100.0}','{"schema":1}',NULL);
INSERT INTO "jobs" VALUES('019ac879-92d0-7000-9773-7c3f53a75557','search','running',6,1764300002.0,1764300002.0,1764300002.0,NULL,1,1,'worker-1/before',1764300032.0,'{"was":"running, with a checkpoint"}','{"teacher":{"name":"resnet20","num_classes":10,"in_shape":[3,16,16]},"search_space":"cifar-resnet","constraints":{"params":{"min":null,"max":null},"macs":{"min":null,"max":null},"memory":{"min":null,"max":null},"latency":{"min":null,"max":null,"device":"cpu","threads":1,"batch":1}},"budget":{"evaluations":40},"algorithm":{"name":"aging-evolution","population":10,"tournament":3},"score":"nwot","probe":{"source":"noise","size":8},"seeds":1,"finalists":20,"initialisations":1,"seed":0}','{"done":20,"total":40,"percent":50.0,"phase":"evolving","rate_per_s":18.0,"eta_s":1.1,"best_score":87.41601732079147}',NULL,NULL);
INSERT INTO "jobs" VALUES('019ac879-96b8-7000-9950-978d09c3fd23','search','running',2,1764300003.0,1764300003.0,1764300003.0,NULL,1,1,'worker-1/before',1764300033.0,'{"was":"running, without one"}','{"teacher":{"name":"resnet20","num_classes":10,"in_shape":[3,16,16]},"search_space":"cifar-resnet","constraints":{"params":{"min":null,"max":null},"macs":{"min":null,"max":null},"memory":{"min":null,"max":null},"latency":{"min":null,"max":null,"device":"cpu","threads":1,"batch":1}},"budget":{"evaluations":40},"algorithm":{"name":"aging-evolution","population":10,"tournament":3},"score":"nwot","probe":{"source":"noise","size":8},"seeds":1,"finalists":20,"initialisations":1,"seed":0}','{"done":0,"total":40,"percent":0.0}',NULL,NULL);
INSERT INTO "jobs" VALUES('019ac879-9aa0-7000-bec6-09baa7d0132c','search','cancelling',3,1764300004.0,1764300004.0,1764300004.0,NULL,1,1,'worker-1/before',1764300034.0,'{"was":"cancelling"}','{"teacher":{"name":"resnet20","num_classes":10,"in_shape":[3,16,16]},"search_space":"cifar-resnet","constraints":{"params":{"min":null,"max":null},"macs":{"min":null,"max":null},"memory":{"min":null,"max":null},"latency":{"min":null,"max":null,"device":"cpu","threads":1,"batch":1}},"budget":{"evaluations":40},"algorithm":{"name":"aging-evolution","population":10,"tournament":3},"score":"nwot","probe":{"source":"noise","size":8},"seeds":1,"finalists":20,"initialisations":1,"seed":0}','{"done":0,"total":40,"percent":0.0}',NULL,NULL);
INSERT INTO "jobs" VALUES('019ac879-9e88-7000-bbcd-a2737b7623b7','search','queued',1,1764300005.0,1764300005.0,NULL,NULL,0,0,NULL,NULL,'{"was":"queued"}','{"teacher":{"name":"resnet20","num_classes":10,"in_shape":[3,16,16]},"search_space":"cifar-resnet","constraints":{"params":{"min":null,"max":null},"macs":{"min":null,"max":null},"memory":{"min":null,"max":null},"latency":{"min":null,"max":null,"device":"cpu","threads":1,"batch":1}},"budget":{"evaluations":40},"algorithm":{"name":"aging-evolution","population":10,"tournament":3},"score":"nwot","probe":{"source":"noise","size":8},"seeds":1,"finalists":20,"initialisations":1,"seed":0}','{"done":0,"total":40,"percent":0.0}',NULL,NULL);
CREATE TABLE workers (
	name VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	heartbeat_at DOUBLE NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "workers" VALUES('worker-1','before',1764300005.0);
CREATE INDEX jobs_by_state ON jobs (state, id);
COMMIT;
PRAGMA user_version=1;
